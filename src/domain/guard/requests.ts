/** Requests with the labels of Istio's metrics, as clients counted them. A label that says nothing is absent. */
export interface LabelledRequests extends Source, Destination {
  /** `response_code`; 0 if no response came. */
  readonly code: string;
  readonly grpcStatus?: string | undefined;
  /** `response_flags`: what Envoy says went wrong. */
  readonly flags?: string | undefined;
  readonly requests: number;
}

export interface Source {
  /** `source_workload` and its namespace: who called. */
  readonly workload?: string | undefined;
  readonly workloadNamespace?: string | undefined;
}

export interface Destination {
  /** The host that was called. */
  readonly host: string;
  /** `destination_version`: the label `version` of the pod that answered. */
  readonly version?: string | undefined;
}

/** `left`: the client left before it had an answer, which says nothing about the version. */
export type Ending = 'good' | 'bad' | 'left' | 'unreached';

/** UNKNOWN, DEADLINE_EXCEEDED, UNIMPLEMENTED, INTERNAL, UNAVAILABLE, DATA_LOSS. */
const badGrpc: readonly string[] = ['2', '4', '12', '13', '14', '15'];
/** Envoy found no cluster, or no healthy host. */
const unreachedFlags = ['NC', 'UH'] as const;
const clientLeft = 'DC';

export function endingOf({ version, code, grpcStatus, flags }: Omit<LabelledRequests, 'requests' | 'host'>): Ending {
  const all = flagsOf(flags);
  if (version === undefined && unreachedFlags.some((flag) => all.includes(flag))) return 'unreached';
  if (code === '0') return all.includes(clientLeft) ? 'left' : 'bad';
  const isBad = /^5\d\d$/.test(code) || (grpcStatus !== undefined && badGrpc.includes(grpcStatus));
  return isBad ? 'bad' : 'good';
}

/** The requests that reached no version, by the flag that says why. A ramp holds at once if there are any. */
export function unreachedBy(counted: readonly LabelledRequests[]): Readonly<Record<string, number>> {
  const byFlag = new Map<string, number>();
  for (const each of counted.filter((one) => one.requests > 0 && endingOf(one) === 'unreached')) {
    const flag = unreachedFlags.find((known) => flagsOf(each.flags).includes(known)) ?? '';
    byFlag.set(flag, (byFlag.get(flag) ?? 0) + each.requests);
  }
  return Object.fromEntries(byFlag);
}

/** Envoy parts several flags by commas. */
function flagsOf(flags = ''): readonly string[] {
  return flags.split(',');
}
