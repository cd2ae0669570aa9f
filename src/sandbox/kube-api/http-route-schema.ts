import {
  backendReferenceFields,
  gatewayDuration,
  headerName,
  headerValue,
  parentReference,
  sectionName,
  serviceHasPort,
} from './gateway-api-words.ts';
import { filters } from './http-route-filters.ts';
import {
  parentRefsRules,
  pathRules,
  routeRuleRules,
  rulesRules,
  sessionRules,
  timeoutRules,
} from './http-route-rules.ts';
import { httpRouteStatus } from './http-route-status.ts';
import { integer, list, object, string, word } from './schema.ts';

const EVERYTHING = { path: { type: 'PathPrefix', value: '/' } };

const path = object(
  {
    type: { ...word('Exact', 'PathPrefix', 'RegularExpression'), default: 'PathPrefix' },
    value: string({ maxLength: 1024, default: '/' }),
  },
  { default: EVERYTHING.path, rules: pathRules },
);

const matchType = { ...word('Exact', 'RegularExpression'), default: 'Exact' };
const byName = { maxItems: 16, listType: 'map', listMapKeys: ['name'] } as const;
const nameAndValue = { required: ['name', 'value'] };

const match = object({
  headers: list(object({ name: headerName, type: matchType, value: headerValue }, nameAndValue), byName),
  method: word('GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'CONNECT', 'OPTIONS', 'TRACE', 'PATCH'),
  path,
  queryParams: list(
    object({ name: headerName, type: matchType, value: string({ minLength: 1, maxLength: 1024 }) }, nameAndValue),
    byName,
  ),
});

const backendRef = object(
  {
    ...backendReferenceFields,
    filters,
    weight: integer({ format: 'int32', minimum: 0, maximum: 1_000_000, default: 1 }),
  },
  { required: ['name'], rules: [serviceHasPort] },
);

const retry = object({
  attempts: integer({ minimum: 1 }),
  backoff: gatewayDuration,
  codes: list(integer({ minimum: 400, maximum: 599 }), { listType: 'set' }),
});

const sessionPersistence = object(
  {
    absoluteTimeout: gatewayDuration,
    cookieConfig: object({ lifetimeType: { ...word('Permanent', 'Session'), default: 'Session' } }),
    sessionName: string({ maxLength: 128 }),
    type: { ...word('Cookie', 'Header'), default: 'Cookie' },
  },
  { rules: sessionRules },
);

const routeRule = object(
  {
    backendRefs: list(backendRef, { maxItems: 16 }),
    filters,
    matches: list(match, { maxItems: 64, default: [EVERYTHING] }),
    name: sectionName,
    retry,
    sessionPersistence,
    timeouts: object({ backendRequest: gatewayDuration, request: gatewayDuration }, { rules: timeoutRules }),
  },
  { rules: routeRuleRules },
);

const routeHostname = string({
  minLength: 1,
  maxLength: 253,
  pattern: /^(\*\.)?[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/,
});

export const httpRouteSchema = object(
  {
    spec: object({
      hostnames: list(routeHostname, { maxItems: 16 }),
      parentRefs: list(parentReference, { maxItems: 32, rules: parentRefsRules }),
      rules: list(routeRule, { minItems: 1, maxItems: 16, default: [{ matches: [EVERYTHING] }], rules: rulesRules }),
      useDefaultGateways: word('All', 'None'),
    }),
    status: httpRouteStatus,
  },
  { required: ['spec'] },
);
