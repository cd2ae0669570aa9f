/** One message of istiod about an object, in istiod's words. An error denies the write; a warning is sent with the answer. */
export interface Finding {
  readonly severity: 'error' | 'warning';
  readonly text: string;
}

export function error(text: string): Finding {
  return { severity: 'error', text };
}

export function warning(text: string): Finding {
  return { severity: 'warning', text };
}

/** An error if the condition holds. */
export function errorIf(isWrong: boolean, text: string): readonly Finding[] {
  return isWrong ? [error(text)] : [];
}
