import { isHost } from './names.ts';
import type { ObjectKind } from './object.ts';

/** How people type a kind of objects in place of a namespace; the first word of a kind is the one that we write. */
const kindWords = {
  vs: 'VirtualService',
  virtualservice: 'VirtualService',
  httproute: 'HTTPRoute',
  grpcroute: 'GRPCRoute',
  tcproute: 'TCPRoute',
  tlsroute: 'TLSRoute',
  servicesplitter: 'ServiceSplitter',
  trafficsplit: 'TrafficSplit',
} as const satisfies Readonly<Record<string, ObjectKind>>;

type KindWord = keyof typeof kindWords;

export interface NamedObject {
  readonly kind: ObjectKind;
  readonly name: string;
}

/** `vs/edge`: an object by its kind, where a service is expected. Its namespace is named with `-n`. */
export function readObjectWord(word: string): NamedObject | undefined {
  const slash = word.indexOf('/');
  const kind = word.slice(0, Math.max(0, slash)).toLowerCase();
  const name = word.slice(slash + 1);
  return isKindWord(kind) && isHost(name) ? { kind: kindWords[kind], name } : undefined;
}

export function objectWord({ kind, name }: NamedObject): string {
  const word = Object.keys(kindWords).find((each) => isKindWord(each) && kindWords[each] === kind);
  return `${word ?? kind.toLowerCase()}/${name}`;
}

function isKindWord(word: string): word is KindWord {
  return Object.hasOwn(kindWords, word);
}
