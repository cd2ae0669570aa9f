import { z } from 'zod';

const valueMatch = z.object({ type: z.string().default('Exact'), name: z.string(), value: z.string().default('') });
type ValueMatch = z.infer<typeof valueMatch>;

/** What we read of a HTTPRouteMatch. */
export const httpRouteMatch = z.object({
  path: z.object({ type: z.string().default('PathPrefix'), value: z.string().default('/') }).optional(),
  headers: z.array(valueMatch).optional(),
  queryParams: z.array(valueMatch).optional(),
  method: z.string().optional(),
});
type HttpRouteMatch = z.infer<typeof httpRouteMatch>;

/** What we read of a GRPCRouteMatch. */
export const grpcRouteMatch = z.object({
  method: z
    .object({ type: z.string().default('Exact'), service: z.string().optional(), method: z.string().optional() })
    .optional(),
  headers: z.array(valueMatch).optional(),
});
type GrpcRouteMatch = z.infer<typeof grpcRouteMatch>;

/** `end-user = jason`; empty if it takes everything. All conditions of a match must hold, and one match is enough. */
export function describeHttp(matches: readonly HttpRouteMatch[]): string {
  return described(
    matches.map(({ path, method, headers, queryParams }) => [
      ...(path === undefined || isAnyPath(path) ? [] : [compared('path', path)]),
      ...(method === undefined ? [] : [`method = ${method}`]),
      ...values('', headers),
      ...values('query ', queryParams),
    ]),
  );
}

export function describeGrpc(matches: readonly GrpcRouteMatch[]): string {
  return described(
    matches.map(({ method, headers }) => [
      ...(method?.service === undefined ? [] : [compared('service', { type: method.type, value: method.service })]),
      ...(method?.method === undefined ? [] : [compared('method', { type: method.type, value: method.method })]),
      ...values('', headers),
    ]),
  );
}

/** What a rule wants of the cookies of a request, as it is written. */
export function cookiesWanted(matches: readonly { readonly headers?: readonly ValueMatch[] | undefined }[]) {
  return matches
    .flatMap(({ headers = [] }) => headers)
    .filter(({ name }) => name.toLowerCase() === 'cookie')
    .map(({ value }) => value);
}

/** Empty if one of the matches has no condition: then the rule takes everything. */
function described(matches: readonly (readonly string[])[]): string {
  return matches.some((conditions) => conditions.length === 0)
    ? ''
    : matches.map((conditions) => conditions.join(' and ')).join(' or ');
}

function isAnyPath({ type, value }: { readonly type: string; readonly value: string }): boolean {
  return (type === 'PathPrefix' && value === '/') || (type === 'RegularExpression' && /^\/?\.\*$/.test(value));
}

function values(prefix: string, all: readonly ValueMatch[] = []): readonly string[] {
  return all.map(({ name, ...rest }) => compared(`${prefix}${name}`, rest));
}

function compared(what: string, { type, value }: { readonly type: string; readonly value: string }): string {
  if (type === 'PathPrefix') return `${what} starts with ${value}`;
  return type === 'RegularExpression' ? `${what} ~ ${value}` : `${what} = ${value}`;
}
