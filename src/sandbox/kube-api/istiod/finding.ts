/** One message of istiod about an object, in istiod's words. An error denies the write; a warning is sent with the answer. */
export interface Finding {
  readonly severity: 'error' | 'warning';
  readonly text: string;
  /** istiod writes some errors as a list, also where there is no other: `1 error occurred: …`. */
  readonly isListed?: boolean;
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

/** An error that is written as a list, if the condition holds. */
export function listedErrorIf(isWrong: boolean, text: string): readonly Finding[] {
  return isWrong ? [{ ...error(text), isListed: true }] : [];
}

export function warningIf(isOdd: boolean, text: string): readonly Finding[] {
  return isOdd ? [warning(text)] : [];
}

/** In some places istiod loses the warnings, e.g. those about a subset's traffic policy. */
export function errorsOf(findings: readonly Finding[]): readonly Finding[] {
  return findings.filter(({ severity }) => severity === 'error');
}
