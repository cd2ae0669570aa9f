import { z } from 'zod';
import { parseJson } from './decode.ts';
import { invalid } from './field-error.ts';
import { GoSyntaxError } from './go-json.ts';
import type { User } from './identity.ts';
import type { JsonObject } from './object.ts';
import { type Attempt, isAllowed } from './rbac.ts';
import type { ResourceInfo } from './request-info.ts';
import { badRequest, invalidObject, methodNotAllowed } from './status.ts';
import type { Store } from './store.ts';

/** A question that a client asks by creating an object. Nothing is stored. `kubectl auth can-i` and `kubectl auth whoami` do this. */
export interface SelfReview {
  readonly group: string;
  readonly kind: string;
  readonly plural: string;
  readonly answer: (store: Store, user: User, spec: unknown) => JsonObject;
}

const text = z.string().default('');
const accessSpec = z.object({
  resourceAttributes: z
    .object({ verb: text, group: text, resource: text, subresource: text, namespace: text, name: text })
    .optional(),
  nonResourceAttributes: z.object({ verb: text, path: text }).optional(),
});

export const SELF_REVIEWS: readonly SelfReview[] = [
  {
    group: 'authorization.k8s.io',
    kind: 'SelfSubjectAccessReview',
    plural: 'selfsubjectaccessreviews',
    answer: (store, user, spec) => ({ spec, status: { allowed: isAllowed(store, user, attemptOf(spec)) } }),
  },
  {
    group: 'authentication.k8s.io',
    kind: 'SelfSubjectReview',
    plural: 'selfsubjectreviews',
    answer: (_, { name, groups }) => ({ status: { userInfo: { username: name, groups } } }),
  },
];

/** The review that the request asks for, if any. Throws if the method is not POST. */
export function selfReviewAt({ group, version, resource, name, verb }: ResourceInfo): SelfReview | undefined {
  const review = SELF_REVIEWS.find((one) => one.group === group && one.plural === resource);
  if (review === undefined || version !== 'v1' || name !== '') return undefined;
  if (verb !== 'create') throw methodNotAllowed();
  return review;
}

export function answerSelfReview(review: SelfReview, store: Store, user: User, body: string): JsonObject {
  const { raw } = parsed(body);
  const { spec } = z.looseObject({ spec: z.unknown() }).catch({ spec: {} }).parse(raw);
  const apiVersion = `${review.group}/v1`;
  return { kind: review.kind, apiVersion, metadata: {}, ...review.answer(store, user, spec) };
}

function attemptOf(spec: unknown): Attempt {
  const { resourceAttributes, nonResourceAttributes } = accessSpec.catch({}).parse(spec);
  const attempt = resourceAttributes ?? nonResourceAttributes;
  if (attempt === undefined || (resourceAttributes !== undefined && nonResourceAttributes !== undefined)) {
    const why = 'exactly one of nonResourceAttributes or resourceAttributes must be specified';
    const subject = { group: 'authorization.k8s.io', kind: 'SelfSubjectAccessReview' };
    throw invalidObject(subject, '', [invalid('spec.resourceAttributes', null, why)]);
  }
  return attempt;
}

function parsed(body: string): ReturnType<typeof parseJson> {
  try {
    return parseJson(body);
  } catch (cause) {
    if (cause instanceof GoSyntaxError)
      throw badRequest(`couldn't get version/kind; json parse error: ${cause.message}`);
    throw cause;
  }
}
