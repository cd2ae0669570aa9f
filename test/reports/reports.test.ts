import { randomUUID } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { startKubeApi } from '../../src/sandbox/kube-api/server.ts';
import { realKubeconfig } from '../support/kube.ts';
import type { SlackMessage } from '../support/slack-client.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { startTestWorld, type TestWorld } from '../support/test-world.ts';
import { Objects } from './objects.ts';
import { type Deed, type Report, reports } from './said.ts';

const policy = `
v: 1
rules:
  - name: careful
    target: "*/*/payments"
    shift: [U02BOB]
  - target: "**"
    shift: [everyone]
`;

/** The sandbox's API server judges as istiod's webhook does, which takes no capitals in the names of subsets. */
const refusedByIstio = ['25'];

// One of the two is enough: the contract suites compare them.
if (realKubeconfig === undefined) describeReports('the API server of the sandbox', startSandboxKube, refusedByIstio);
else describeReports('a real API server', async () => ({ kubeconfig: realKubeconfig ?? '', stop: async () => {} }), []);

interface Kube {
  /** The file of somebody who may do everything. */
  readonly kubeconfig: string;
  stop(): Promise<void>;
}

async function startSandboxKube(): Promise<Kube> {
  const api = await startKubeApi({ port: 0, objects: [] });
  const kubeconfig = join(temporaryFolder(), 'kubeconfig');
  await writeFile(kubeconfig, api.kubeconfig());
  return { kubeconfig, stop: () => api.stop() };
}

function describeReports(where: string, start: () => Promise<Kube>, without: readonly string[]): void {
  describe(`what failed before, on ${where}`, () => {
    /** Others may use the same server. */
    const suffix = randomUUID().slice(0, 6);
    const own = (text: string) => text.replaceAll(/\br(\d\db?)\b/g, `r$1-${suffix}`);
    const rules = temporaryFolder();
    let kube: Kube;
    let objects: Objects;
    let world: TestWorld;

    beforeAll(async () => {
      kube = await start();
      objects = new Objects(kube.kubeconfig);
      for (const namespace of namespaces) await objects.createNamespace(own(namespace));
      for (const { number } of reports.filter(({ isFile }) => isFile))
        await writeFile(join(rules, own(`r${number}.yaml`)), own(await textOf(number)));
      const environment = { RULES_DIR: rules, COMMANDS_PER_MINUTE: '0' };
      world = await startTestWorld({ kubeconfig: kube.kubeconfig, policy, environment });
      await world.people.waitForAnswer();
    }, 60_000);
    afterAll(async () => {
      await world?.stop();
      for (const namespace of namespaces) await objects?.deleteNamespace(own(namespace));
      await kube?.stop();
    });

    it.each(reports.filter(({ number }) => !without.includes(number)))('$number: $what', async (report) => {
      if (report.isFile !== true) await create(report);
      for (const deed of report.deeds) await check(report, deed);
    });

    async function create({ number }: Pick<Report, 'number'>): Promise<void> {
      for (const document of parseAllDocuments(own(await textOf(number)))) await objects.create(document.toJS());
    }

    async function check(report: Report, deed: Deed): Promise<void> {
      if ('creates' in deed) return create(report);
      const before = new Set((await world.people.messages()).map(shown));
      if ('types' in deed) await world.people.command(deed.by ?? 'alice', own(deed.types));
      else if ('clicks' in deed) await click(deed.clicks);
      else await objects.setWeights(own(`r${report.number}`), deed.edits, deed.weights);
      const answer = await world.people.waitFor(`${JSON.stringify(deed)}`, (messages) =>
        messages
          .map(shown)
          .filter((text) => !before.has(text))
          .findLast((text) => deed.says.every((word) => text.includes(own(word)))),
      );
      for (const word of 'never' in deed ? (deed.never ?? []) : []) expect(answer).not.toContain(word);
    }

    async function click(button: string): Promise<void> {
      const messages = await world.people.messages();
      const message = messages.findLast((each) => shown(each).includes(`"${button}"`));
      if (message === undefined) throw new Error(`no message has the button ${button}`);
      await world.people.click('alice', message, button);
    }
  });
}

const namespaces = ['r11b', 'r12b', ...reports.map(({ number }) => `r${number}`)];

function textOf(number: string): Promise<string> {
  return readFile(join(import.meta.dirname, 'objects', `${number}.yaml`), 'utf8');
}

/** All that a person reads of a message. Bars of shares and what stands them in line are left out. */
function shown({ ts, text, blocks }: SlackMessage): string {
  const words = `${text} ${JSON.stringify(blocks)}`.replaceAll(/[▰▱]/g, '').replaceAll(/\s+/g, ' ');
  return `${ts} ${words}`;
}
