import { type ChangeId, isChangeId } from '../../src/domain/routing/names.ts';

export type AnswerKind = 'accepted' | 'not accepted' | 'shown' | 'refused' | 'none';

/** `shown`: what it would do, with a button that does it. */
export function kindOf({ answer }: { readonly answer: string | undefined }): AnswerKind {
  if (answer === undefined || answer.includes('cannot tell whether it was accepted')) return 'none';
  if (answer.includes('so nothing was changed yet.') || answer.startsWith('*Not done:* it would do')) return 'shown';
  if (answer.includes('Not accepted:')) return 'not accepted';
  return acceptedId(answer) === undefined ? 'refused' : 'accepted';
}

/** The change that an answer promises. */
export function acceptedId(answer: string | undefined): ChangeId | undefined {
  const id = /^(?:Accepted: |Already asked for by \S+ )(c-\w{8})/.exec(answer ?? '')?.[1];
  return id !== undefined && isChangeId(id) ? id : undefined;
}
