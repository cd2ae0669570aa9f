import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { parseAllDocuments } from 'yaml';
import { z } from 'zod';
import { type KubeObject, serviceAccount } from './kube-api/server.ts';

/** The bot's account, and what lets it do what it may. */
export interface BotAccess {
  /** The user that the account is to the API server. */
  readonly user: string;
  readonly objects: readonly KubeObject[];
}

const manifests = resolve(import.meta.dirname, '../../manifests');

/** What an operator applies to the namespace whose services the bot shall serve. */
const granted = ['access/role.yaml', 'access/role-binding.yaml'];
/** What an operator may apply beside. */
const forRuleFiles = ['rule-files/role.yaml', 'rule-files/role-binding.yaml'];

const bindingOfAnAccount = z.object({
  kind: z.literal('RoleBinding'),
  subjects: z.tuple([z.object({ kind: z.literal('ServiceAccount'), name: z.string(), namespace: z.string() })]),
});

/** The bot's rights in a namespace, from the manifests that are deployed elsewhere: what they lack the bot lacks here, too. */
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

/** Kustomizations say the namespace; the files do not. */
function placed(object: KubeObject, namespace: string): KubeObject {
  return { ...object, metadata: { ...object.metadata, namespace } };
}

async function readObjects(path: string): Promise<readonly KubeObject[]> {
  const text = await readFile(join(manifests, path), 'utf8');
  return parseAllDocuments(text).map((document) => document.toJS());
}
