import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { parseAllDocuments } from 'yaml';
import { z } from 'zod';
import { type KubeObject, serviceAccount } from './kube-api/server.ts';

/** The bot's ServiceAccount, and the objects that grant its rights. */
export interface BotAccess {
  /** The account's user name at the API server. */
  readonly user: string;
  readonly objects: readonly KubeObject[];
}

const manifests = resolve(import.meta.dirname, '../../manifests');

/** What an operator applies to a namespace that the bot serves. */
const granted = ['access/role.yaml', 'access/role-binding.yaml'];
/** Optional: lets the bot apply rule files. */
const forRuleFiles = ['rule-files/role.yaml', 'rule-files/role-binding.yaml'];

const bindingOfAnAccount = z.object({
  kind: z.literal('RoleBinding'),
  subjects: z.tuple([z.object({ kind: z.literal('ServiceAccount'), name: z.string(), namespace: z.string() })]),
});

/** The bot's rights in a namespace, from the manifests that operators deploy. A right that is missing there is missing here, too. */
export async function botAccess(
  namespace: string,
  { ruleFiles = true }: { readonly ruleFiles?: boolean } = {},
): Promise<BotAccess> {
  const paths = ruleFiles ? [...granted, ...forRuleFiles] : granted;
  const rights = (await Promise.all(paths.map(readObjects))).flat();
  const binding = rights.find(({ kind }) => kind === 'RoleBinding');
  const [account] = bindingOfAnAccount.parse(binding).subjects;
  const accounts = await readObjects('bot/service-account.yaml');
  return {
    user: serviceAccount(account.namespace, account.name),
    objects: [
      ...accounts.map((object) => placed(object, account.namespace)),
      ...rights.map((object) => placed(object, namespace)),
    ],
  };
}

/** The files name no namespace: in a real deployment the kustomization adds it. */
function placed(object: KubeObject, namespace: string): KubeObject {
  return { ...object, metadata: { ...object.metadata, namespace } };
}

async function readObjects(path: string): Promise<readonly KubeObject[]> {
  const text = await readFile(join(manifests, path), 'utf8');
  return parseAllDocuments(text).map((document) => document.toJS());
}
