import { parentReference } from './gateway-api-words.ts';
import { integer, list, object, string, word } from './schema.ts';

const condition = object(
  {
    lastTransitionTime: string({ format: 'date-time' }),
    message: string({ maxLength: 32_768 }),
    observedGeneration: integer({ format: 'int64', minimum: 0 }),
    reason: string({ minLength: 1, maxLength: 1024, pattern: /^[A-Za-z]([A-Za-z0-9_,:]*[A-Za-z0-9_])?$/ }),
    status: word('True', 'False', 'Unknown'),
    type: string({
      maxLength: 316,
      pattern:
        /^([a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*\/)?(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])$/,
    }),
  },
  { required: ['lastTransitionTime', 'message', 'reason', 'status', 'type'] },
);

const controllerName = string({
  minLength: 1,
  maxLength: 253,
  pattern: /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*\/[A-Za-z0-9/\-._~%!$&'()*+,;=:]+$/,
});

const parent = object(
  {
    conditions: list(condition, { minItems: 1, maxItems: 8, listType: 'map', listMapKeys: ['type'] }),
    controllerName,
    parentRef: parentReference,
  },
  { required: ['conditions', 'controllerName', 'parentRef'] },
);

export const httpRouteStatus = object({ parents: list(parent, { maxItems: 32 }) }, { required: ['parents'] });
