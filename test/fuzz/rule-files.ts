import type { RuleFileReading } from '../../src/domain/routing/rule-file.ts';
import { readRules } from '../../src/rule-files/read-rules.ts';
import type { Random } from '../chaos/random.ts';
import { hostilePiece, hostileText, mutatedText } from './hostile.ts';
import { target } from './target.ts';

const today = `apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: { name: reviews, labels: { a: b } }
spec:
  hosts: [reviews]
  http:
  - match: [{ headers: { end-user: { exact: jason } } }]
    route: [{ destination: { host: reviews, subset: v2 } }]
  - route: [{ destination: { host: reviews, subset: v1 }, weight: 50 }]
  - route: [{ destination: { host: reviews, subset: v3 }, weight: 50 }]
`;
const of2017 = `apiVersion: config.istio.io/v1alpha2
kind: RouteRule
metadata: { name: reviews-test-v2 }
spec:
  destination: { name: reviews, namespace: bookinfo }
  precedence: 2
  match: { request: { headers: { cookie: { regex: "^(.*?;)?(user=jason)(;.*)?$" } } } }
  route: [{ labels: { version: v2 }, weight: 100 }]
  httpFault: { delay: { percent: 100, fixedDelay: 7s } }
`;
const oldest = `type: route-rule
spec: { name: a, destination: reviews.default.svc.cluster.local, route: [{ tags: { version: v1 } }] }
`;

/** Files that may be in the folder of rule files. */
export const ruleFiles = target<string, RuleFileReading>({
  name: 'rule files',
  share: 60,
  make: aFile,
  run: (text) => readRules('some', Buffer.from(text)),
  judge: (_, reading) => (reading.kind === 'file' ? wrongInFile(reading.file) : wrongInRefusal(reading)),
});

function aFile(random: Random): string {
  if (random.chance(0.1)) return hostileText(random, 100);
  let text = random.pick([today, of2017, oldest]);
  for (let times = random.between(0, 4); times > 0; times -= 1)
    text = random.chance(0.4) ? mutatedText(random, text) : withAnotherWord(random, text);
  return random.chance(0.1) ? `${text}---\n${oldest}` : text;
}

/** Usually still valid YAML. */
function withAnotherWord(random: Random, text: string): string {
  const words = [...text.matchAll(/[\w.-]+/g)];
  const word = words[random.between(0, Math.max(0, words.length - 1))];
  if (word === undefined) return text;
  const other = random.pick(['1.0', 'on', '~', '-1', '[]', '{}', '"1"', '0777', '__proto__', '.nan', '*a', '!x', '<<']);
  const instead = random.chance(0.5) ? other : JSON.stringify(hostilePiece(random));
  return text.slice(0, word.index) + instead + text.slice(word.index + word[0].length);
}

function wrongInFile({ manifests }: Extract<RuleFileReading, { kind: 'file' }>['file']): string | undefined {
  if (manifests.length === 0) return 'a file is empty';
  const keys = manifests.map(({ kind, name, namespace }) => `${kind} ${namespace} ${name}`);
  if (new Set(keys).size < keys.length) return 'an object occurs twice in a file';
  if (manifests.some(({ name }) => !/^[a-z0-9]([-.a-z0-9]*[a-z0-9])?$/.test(name))) return 'an object has no name';
  const text = JSON.stringify(manifests);
  return JSON.stringify(JSON.parse(text)) === text ? undefined : 'a manifest is not JSON';
}

function wrongInRefusal(reading: Exclude<RuleFileReading, { kind: 'file' }>): string | undefined {
  if (reading.kind !== 'bad-file') return 'a text does not count as a file';
  if (reading.faults.length === 0) return 'a refusal gives no reason';
  return reading.faults.some(({ line = 0, what }) => line < 1 || what === '' || what.length > 310)
    ? 'a fault has no line, or a bad message'
    : undefined;
}
