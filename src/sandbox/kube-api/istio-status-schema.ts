import { list, object, type Schema, string, text, word } from './schema.ts';

const intOrString: Schema = { type: 'int-or-string' };
const time = string({ format: 'date-time' });

/** The status that Istio's kinds have in common. */
export const statusSchema = object(
  {
    conditions: list(
      object({
        lastProbeTime: time,
        lastTransitionTime: time,
        message: text,
        observedGeneration: intOrString,
        reason: text,
        status: text,
        type: text,
      }),
    ),
    observedGeneration: intOrString,
    validationMessages: list(
      object({
        documentationUrl: text,
        level: word('UNKNOWN', 'ERROR', 'WARNING', 'INFO'),
        type: object({ code: text, name: text }),
      }),
    ),
  },
  { preserveUnknownFields: true },
);
