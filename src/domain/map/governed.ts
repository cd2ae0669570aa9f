import type { Action, Labels, Match, RoutingId } from './objects.ts';

/**
 * Who asks. `namespace` and `labels` are those of the caller's pod. Without a namespace it is of one that nothing is written for. Without
 * labels, a rule for some labels may take its requests or not. A gateway is named `namespace/name`.
 */
export type Caller =
  | { readonly kind: 'mesh'; readonly namespace?: string | undefined; readonly labels?: Labels | undefined }
  | { readonly kind: 'gateway'; readonly gateway: string };

export type Protocol = 'http' | 'tcp' | 'tls';

/** A rule, or an entry of a rule list, by the object that it is written in and its place there. */
export interface RuleRef {
  readonly object: RoutingId;
  /** Which list of the spec it is in: a route of the Gateway API has only `rules`. */
  readonly list: 'http' | 'tcp' | 'tls' | 'rules';
  readonly at: number;
}

/** Where a share of a rule's requests goes. Its host is resolved. */
export interface Share {
  readonly host: string;
  readonly subset?: string | undefined;
  readonly port: number;
  readonly weight: number;
  /** The Gateway API has no such backend, or nobody granted the use of it: 500. */
  readonly isInvalid?: boolean | undefined;
}

export interface GovernedRule extends RuleRef {
  /** As Envoy names it in its access log: `root-delegate` where one is delegated. */
  readonly name?: string | undefined;
  /** The rule of another VirtualService that says what happens to its requests. */
  readonly delegate?: RuleRef | undefined;
  /** What a request of this caller must have; one is enough. None: it takes every request. */
  readonly matches: readonly Match[];
  readonly action: Exclude<Action, { kind: 'delegate' }>['kind'];
  /** Of an answer of its own. */
  readonly status?: number | undefined;
  readonly abort?: { readonly status: number; readonly percent: number } | undefined;
  readonly shares: readonly Share[];
}

/** Why something that is written is never reached. */
export const whys = [
  /** A rule above takes every request. */
  'catch-all-above',
  /** Rules above take all that it matches. */
  'covered-above',
  /** An older object has the same host. */
  'older',
  /** Another object is exported to the caller's namespace alone, or by name. */
  'exported-closer',
  /** A route of the Gateway API of the caller's namespace comes first. */
  'gateway-api-route',
  /** Another object names the host itself, or by a longer wildcard. */
  'closer-host',
  /** The object is not exported to the caller's namespace. */
  'not-exported',
  /** A Sidecar hides the object from the caller. */
  'hidden-by-sidecar',
  /** A route of the Gateway API in another namespace than its parent governs callers of its own namespace only. */
  'consumer-route',
  /** The port has another protocol than the rule. */
  'other-protocol',
  /** Its conditions on gateway, port, namespace or labels never hold for the caller. */
  'other-caller',
  /** The VirtualService that it delegates to does not exist, or is not exported to it. */
  'no-delegate',
  /** What the delegate matches is not part of what the root matches. */
  'delegate-conflict',
  /** It spells the host in a way that istiod takes for another one (`reviews.default`). */
  'host-spelling',
  /** The gateway has no server for the host. */
  'not-served',
] as const;
export type Why = (typeof whys)[number];

export interface Shadowed {
  readonly object: RoutingId;
  /** Absent: the whole object. */
  readonly rule?: RuleRef | undefined;
  /** What is in its way; absent where it is nothing that is written. */
  readonly by?: RoutingId | RuleRef | undefined;
  readonly why: Why;
}

/**
 * What becomes of a request that no rule takes. `service`: it goes to the pods of the service. `no-route`: 404 NR. `direct`: it is passed
 * to the address that was dialled. `blocked`: 502, by a Sidecar or the mesh. `no-listener`: nothing listens there. `https`: 301 to https.
 */
export type Otherwise = 'service' | 'no-route' | 'direct' | 'blocked' | 'no-listener' | 'https';

/** Who routes the requests to a host, as one kind of caller sees it. */
export interface Governed {
  /** Resolved. */
  readonly host: string;
  readonly caller: Caller;
  readonly port?: number | undefined;
  readonly protocol: Protocol;
  /** In the order in which they are tried. */
  readonly rules: readonly GovernedRule[];
  readonly otherwise: Otherwise;
  readonly shadowed: readonly Shadowed[];
}
