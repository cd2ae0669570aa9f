import { z } from 'zod';
import type { MeshKind } from '../../cluster/map/read-object.ts';
import { parseAuthority } from '../../domain/map/hosts.ts';
import type { StringMatch } from '../../domain/map/objects.ts';
import { re2 } from '../../domain/text/re2.ts';
import { durationNanoseconds } from '../kube-api/duration.ts';

/** What a rule does to its requests beside choosing where they go, which is what the traffic map knows. */
export interface Treatment {
  /** Of so many percent of the requests. */
  readonly delay?: { readonly ms: number; readonly percent: number } | undefined;
  /** Absent: none. */
  readonly timeoutMs?: number | undefined;
  readonly redirect?: Redirect | undefined;
  /** Of an answer of its own. */
  readonly body?: string | undefined;
  readonly rewrite?: NewPath | undefined;
}

/** What takes the place of the path: of all of it, of the prefix that was matched, or of what a regex matches. `match`: of the prefix if it was matched by one, else of all of it. */
export type NewPath =
  | { readonly of: 'whole' | 'prefix' | 'match'; readonly to: string }
  | { readonly of: 'regex'; readonly regex: string; readonly to: string };

/** What is absent stays as it was asked. `port`: `none` is that of the scheme. */
export interface Redirect {
  readonly scheme?: string | undefined;
  readonly authority?: string | undefined;
  readonly port?: number | 'none' | 'asked' | undefined;
  readonly path?: NewPath | undefined;
}

/** Of one object, by the place of the rule in its list. */
export type Treatments = readonly Treatment[];

const share = { percentage: z.object({ value: z.number().default(0) }).optional() };

const httpRule = z.object({
  redirect: z
    .object({
      uri: z.string().optional(),
      authority: z.string().optional(),
      scheme: z.string().optional(),
      port: z.int().optional(),
      derivePort: z.string().optional(),
    })
    .optional(),
  directResponse: z.object({ body: z.object({ string: z.string().optional() }).optional() }).optional(),
  rewrite: z
    .object({
      uri: z.string().optional(),
      uriRegexRewrite: z.object({ match: z.string().default(''), rewrite: z.string().default('') }).optional(),
    })
    .optional(),
  timeout: z.string().optional(),
  // `percent` is the older field. Without either, no request is delayed (istio `translateFault`).
  fault: z
    .object({
      delay: z.object({ ...share, percent: z.number().optional(), fixedDelay: z.string().optional() }).optional(),
    })
    .optional(),
});

const pathModifier = z.object({
  type: z.string(),
  replaceFullPath: z.string().optional(),
  replacePrefixMatch: z.string().optional(),
});

const gatewayRule = z.object({
  filters: z
    .array(
      z.object({
        urlRewrite: z.object({ path: pathModifier.optional() }).optional(),
        requestRedirect: z
          .object({
            scheme: z.string().optional(),
            hostname: z.string().optional(),
            port: z.int().optional(),
            path: pathModifier.optional(),
          })
          .optional(),
      }),
    )
    .default([]),
  timeouts: z.object({ request: z.string().optional() }).optional(),
});

const readers: Partial<Record<MeshKind, (object: unknown) => Treatments>> = {
  'networking.istio.io/VirtualService': (object) => rulesIn(object, 'http', httpRule).map(ofHttpRule),
  'gateway.networking.k8s.io/HTTPRoute': (object) => rulesIn(object, 'rules', gatewayRule).map(ofGatewayRule),
};

/** None for a kind whose rules do nothing else, and for an object that the CRD would refuse. */
export function readTreatments(kind: MeshKind, object: unknown): Treatments {
  return readers[kind]?.(object) ?? [];
}

/** What a delegate's rule does not say, its root says (istio `mergeHTTPRoute`). */
export function together(root: Treatment, delegate: Treatment): Treatment {
  const said = Object.entries(delegate).filter(([, value]) => value !== undefined);
  return { ...root, ...Object.fromEntries(said) };
}

function rulesIn<T>(object: unknown, list: string, rule: z.ZodType<T>): readonly T[] {
  const read = z.object({ spec: z.object({ [list]: z.array(rule).default([]) }) }).safeParse(object).data;
  return read?.spec[list] ?? [];
}

function ofHttpRule({ redirect, directResponse, rewrite, timeout, fault }: z.infer<typeof httpRule>): Treatment {
  const { percentage, percent = 0, fixedDelay } = fault?.delay ?? {};
  const delayMs = durationMs(fixedDelay);
  return {
    delay: delayMs === undefined ? undefined : { ms: delayMs, percent: percentage?.value ?? percent },
    timeoutMs: durationMs(timeout),
    redirect: redirect && redirectOf(redirect),
    body: directResponse?.body?.string,
    rewrite: rewrite && rewriteOf(rewrite),
  };
}

const prefixMark = '%PREFIX()%';

function redirectOf({
  uri,
  authority,
  scheme,
  port,
  derivePort,
}: NonNullable<z.infer<typeof httpRule>['redirect']>): Redirect {
  const derived = derivePort === 'FROM_REQUEST_PORT' ? 'asked' : 'none';
  return {
    scheme,
    authority,
    port: port ?? (derivePort === undefined ? undefined : derived),
    path: uri === undefined || uri === '' ? undefined : redirectedPath(uri),
  };
}

function redirectedPath(uri: string): NewPath {
  if (!uri.startsWith(prefixMark)) return { of: 'whole', to: uri };
  return { of: 'prefix', to: uri.slice(prefixMark.length) };
}

function rewriteOf({ uri, uriRegexRewrite }: NonNullable<z.infer<typeof httpRule>['rewrite']>): NewPath | undefined {
  if (uriRegexRewrite !== undefined) return { of: 'regex', regex: uriRegexRewrite.match, to: uriRegexRewrite.rewrite };
  return uri === undefined ? undefined : { of: 'match', to: uri };
}

function ofGatewayRule({ filters, timeouts }: z.infer<typeof gatewayRule>): Treatment {
  const rewrite = filters.flatMap(({ urlRewrite }) => urlRewrite?.path ?? [])[0];
  const redirect = filters.flatMap(({ requestRedirect }) => requestRedirect ?? [])[0];
  return {
    timeoutMs: durationMs(timeouts?.request),
    rewrite: rewrite && modified(rewrite),
    redirect: redirect && {
      scheme: redirect.scheme,
      authority: redirect.hostname,
      port: redirect.port ?? (redirect.scheme === undefined ? 'asked' : 'none'),
      path: redirect.path && modified(redirect.path),
    },
  };
}

function modified({ replaceFullPath, replacePrefixMatch = '' }: z.infer<typeof pathModifier>): NewPath {
  return replaceFullPath === undefined
    ? { of: 'prefix', to: replacePrefixMatch }
    : { of: 'whole', to: replaceFullPath };
}

/** Undefined without a duration, and for 0, which is Istio's default and means none. */
function durationMs(text: string | undefined): number | undefined {
  const ms = (durationNanoseconds(text ?? '') ?? 0) / 1e6;
  return ms > 0 ? ms : undefined;
}

/** A path with its query, as it is passed on. `matched`: what the rule asks of the path. */
export function pathTo(path: NewPath, asked: string, matched: StringMatch | undefined): string {
  const [old = '', ...query] = asked.split(/(?=\?)/);
  if (path.of === 'regex') return [re2(path.regex)?.replaced(old, path.to) ?? old, ...query].join('');
  const whole = path.to.includes('?') ? path.to : [path.to, ...query].join('');
  if (path.of === 'whole') return whole;
  const prefix = matchedPrefix(matched);
  if (prefix === undefined) return whole;
  const isInSegments = matched?.by === 'segments';
  const rest = old.slice(isInSegments ? prefix.replace(/\/$/, '').length : prefix.length);
  const to = isInSegments ? path.to.replace(/\/$/, '') : path.to;
  return [`${to}${rest}` || '/', ...query].join('');
}

/** A rule that asks nothing of the path takes the prefix `/`. */
function matchedPrefix(matched: StringMatch = { by: 'prefix', value: '/' }): string | undefined {
  return matched.by === 'prefix' || matched.by === 'segments' ? matched.value : undefined;
}

/** Where a client is sent, as Envoy writes it (`RouteEntryImplBase::newUri`). `authority`: as it was asked for. */
export function locationOf(
  { scheme = 'http', authority, port, path }: Redirect,
  asked: { readonly authority: string; readonly path: string },
  matched: StringMatch | undefined,
): string {
  const { name, port: askedPort } = parseAuthority(authority ?? asked.authority);
  const wasAsked = parseAuthority(asked.authority).port;
  const isDefault = (each: number | undefined) => each === (scheme === 'https' ? 80 : 443);
  const kept = authority === undefined && isDefault(askedPort) ? undefined : askedPort;
  const at = port === undefined ? kept : ({ none: undefined, asked: wasAsked }[port] ?? port);
  const to = path === undefined ? asked.path : pathTo(path, asked.path, matched);
  return `${scheme}://${name}${typeof at === 'number' ? `:${at}` : ''}${to}`;
}
