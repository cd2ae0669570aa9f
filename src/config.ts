import { readFileSync, statSync } from 'node:fs';
import { resolve } from 'node:path';
import { domainFound } from './cluster/client/cluster-domain.ts';
import { KubeConfigError, loadKubeConfigs, type PooledKubeConfig } from './cluster/client/kube-config.ts';
import { isHost } from './domain/routing/names.ts';
import { type FirstPolicy, openPolicy } from './policy-file/policy-file.ts';
import { type RedisAddress, readRedisUrl } from './redis/connect.ts';
import type { RecordKey } from './redis/signature.ts';
import type { Allowance } from './workflow/asking/limits.ts';

export type Role = 'chat' | 'worker';

export interface Config {
  readonly roles: ReadonlySet<Role>;
  readonly slack: {
    readonly botToken: string;
    /** When set, Slack is reached over Socket Mode. */
    readonly appToken?: string | undefined;
    /** Verifies requests in HTTP mode. */
    readonly signingSecret?: string | undefined;
    readonly apiUrl?: string | undefined;
  };
  readonly redis: RedisAddress;
  /** Signs the stored changes. */
  readonly recordKey?: RecordKey | undefined;
  /** Lets an incident tool freeze and thaw. Absent: no tool may. */
  readonly freezeHookToken?: string | undefined;
  /** How many days audit events are kept. */
  readonly auditDays: number;
  /** The channel for cards that cannot stand where a change was asked for. */
  readonly cardsChannel: string | undefined;
  /** With this token a client may export the audit over HTTP. */
  readonly auditToken?: string | undefined;
  /** Access to each served cluster, by name. */
  readonly clusters: ReadonlyMap<string, PooledKubeConfig>;
  /** The domain of each cluster whose domain is known: without it, it is `cluster.local`. */
  readonly clusterDomains: ReadonlyMap<string, string>;
  readonly namespace: string;
  /** The policy file as read at the start. Absent: every member of the team may shift. */
  readonly policy?: FirstPolicy | undefined;
  /** The folder with the rule files that people apply by name. */
  readonly rulesFolder: string;
  /** The Prometheus of each cluster that has one. A URL may contain credentials. */
  readonly prometheus: ReadonlyMap<string, URL>;
  /** How many commands one person may send a minute. */
  readonly allowance: Allowance;
  /** The URL of Bookinfo's product page, for the tour. */
  readonly productPage?: string | undefined;
  readonly port: number;
  readonly logLevel: (typeof logLevels)[number];
}

/** Every fault of the environment, one a line. Names the variables and never their values. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
  readonly faults: readonly string[];

  constructor(faults: readonly string[]) {
    super(
      `the configuration has ${faults.length} fault${faults.length === 1 ? '' : 's'}:\n${faults.map((fault) => `  ${fault}`).join('\n')}`,
    );
    this.faults = faults;
  }
}

const logLevels = ['trace', 'debug', 'info', 'warn', 'error', 'fatal'] as const;

/** Every variable that we read. Tests compare it with the table in manifests/README.md and the manifests. A secret one may come from `NAME_FILE`. */
export const variables = {
  SLACK_BOT_TOKEN: { secret: true },
  SLACK_APP_TOKEN: { secret: true },
  SLACK_SIGNING_SECRET: { secret: true },
  SLACK_API_URL: { secret: false },
  REDIS_URL: { secret: true },
  RECORD_KEY: { secret: true },
  RECORD_KEY_PREVIOUS: { secret: true },
  FREEZE_HOOK_TOKEN: { secret: true },
  KUBECONFIG: { secret: false },
  CLUSTERS: { secret: false },
  CLUSTER_DOMAIN: { secret: false },
  NAMESPACE: { secret: false },
  POLICY_FILE: { secret: false },
  RULES_DIR: { secret: false },
  PROMETHEUS_URL: { secret: true },
  CARDS_CHANNEL: { secret: false },
  COMMANDS_PER_MINUTE: { secret: false },
  AUDIT_DAYS: { secret: false },
  AUDIT_TOKEN: { secret: true },
  PRODUCT_PAGE_URL: { secret: false },
  ROLES: { secret: false },
  PORT: { secret: false },
  LOG_LEVEL: { secret: false },
} as const satisfies Record<string, { readonly secret: boolean }>;
type Variable = keyof typeof variables;

type Environment = Readonly<Record<string, string | undefined>>;

/** Throws one ConfigError that lists every fault. */
export function readConfig(environment: Environment): Config {
  const reader = new Reader(environment);
  const roles = reader.roles();
  const clusters = reader.clusters();
  const config: Config = {
    roles,
    slack: {
      botToken:
        reader.token('SLACK_BOT_TOKEN', 'xoxb-', 'the bot token (xoxb-…) of the Slack app, from OAuth & Permissions') ??
        '',
      ...reader.slackMode(roles),
      apiUrl: reader.url('SLACK_API_URL'),
    },
    redis: reader.redis(),
    recordKey: reader.recordKey(),
    freezeHookToken: reader.hookToken(),
    auditDays: reader.auditDays(),
    cardsChannel: reader.cardsChannel(),
    auditToken: reader.longSecret('AUDIT_TOKEN'),
    clusters,
    clusterDomains: new Map([...domainFound(clusters), ...reader.clusterDomains([...clusters.keys()])]),
    prometheus: reader.prometheus([...clusters.keys()]),
    namespace: reader.namespace(),
    policy: reader.policy(),
    rulesFolder: reader.rulesFolder(),
    allowance: reader.allowance(),
    productPage: reader.url('PRODUCT_PAGE_URL'),
    port: reader.port(),
    logLevel: reader.logLevel(),
  };
  if (reader.faults.length > 0) throw new ConfigError(reader.faults);
  return config;
}

/** A variable with one value, or one for each cluster by its name. */
interface PerCluster<T> {
  readonly form: RegExp;
  readonly read: (text: string) => T | undefined;
  readonly wrong: string;
  readonly what: string;
}

class Reader {
  readonly faults: string[] = [];
  readonly #environment: Environment;

  constructor(environment: Environment) {
    this.#environment = environment;
  }

  value(name: Variable): string | undefined {
    const direct = trimmed(this.#environment[name]);
    const file = variables[name].secret ? trimmed(this.#environment[`${name}_FILE`]) : undefined;
    if (direct !== undefined && file !== undefined) this.#fault(name, `and ${name}_FILE are both set: keep one`);
    return direct ?? (file === undefined ? undefined : this.#readFile(name, file));
  }

  list(name: Variable): readonly string[] {
    return (this.value(name) ?? '')
      .split(',')
      .map((each) => each.trim())
      .filter((each) => each !== '');
  }

  token(name: Variable, prefix: string, what: string): string | undefined {
    const value = this.value(name);
    if (value === undefined) this.#fault(name, `is missing: set it to ${what}`);
    else if (!value.startsWith(prefix)) this.#fault(name, `does not start with ${prefix}: set it to ${what}`);
    return value;
  }

  slackMode(roles: ReadonlySet<Role>): Pick<Config['slack'], 'appToken' | 'signingSecret'> {
    const signingSecret = this.value('SLACK_SIGNING_SECRET');
    const hasApp = this.value('SLACK_APP_TOKEN') !== undefined;
    if (hasApp)
      return {
        appToken: this.token('SLACK_APP_TOKEN', 'xapp-', 'an app-level token (xapp-…) with connections:write'),
        signingSecret,
      };
    if (signingSecret === undefined && roles.has('chat')) {
      this.#fault(
        'SLACK_APP_TOKEN',
        'or SLACK_SIGNING_SECRET is missing: set the first for Socket Mode, the second for HTTP',
      );
    }
    return { appToken: undefined, signingSecret };
  }

  url(name: Variable): string | undefined {
    const value = this.value(name);
    if (value === undefined || /^https?:\/\//.test(value)) return value;
    this.#fault(name, 'is not an http(s) address');
    return undefined;
  }

  redis(): RedisAddress {
    const value = this.value('REDIS_URL');
    const address = value === undefined ? undefined : readRedisUrl(value);
    if (value === undefined)
      this.#fault('REDIS_URL', 'is missing: set it to the address of Redis, like redis://redis:6379');
    else if (address === undefined) {
      this.#fault(
        'REDIS_URL',
        'is not an address like redis://host:6379, rediss+sentinel://host:26379,host:26379/name or redis+cluster://host:6379',
      );
    }
    return address ?? { kind: 'single', hosts: [], options: {} };
  }

  longSecret(name: Variable): string | undefined {
    const value = this.value(name);
    if (value !== undefined && value.length < 16) this.#fault(name, 'is shorter than 16 characters');
    return value;
  }

  /** A policy file says who may do what, and records that nobody signs could be made up by whoever writes to Redis. */
  recordKey(): RecordKey | undefined {
    const key = this.longSecret('RECORD_KEY');
    const previous = this.longSecret('RECORD_KEY_PREVIOUS');
    if (key === undefined && previous !== undefined)
      this.#fault('RECORD_KEY_PREVIOUS', 'is the key before RECORD_KEY, which is not set: set both');
    if (key === undefined && this.value('POLICY_FILE') !== undefined)
      this.#fault(
        'RECORD_KEY',
        'is not set, and with POLICY_FILE it must be: without it whoever can write to Redis can make up approved changes. Take one from: openssl rand -hex 32',
      );
    return key === undefined || previous === undefined ? key : [key, previous];
  }

  hookToken(): string | undefined {
    const value = this.longSecret('FREEZE_HOOK_TOKEN');
    if (value !== undefined && !/^[\x21-\x7e]+$/.test(value))
      this.#fault('FREEZE_HOOK_TOKEN', 'has a character that is not allowed in a header: use letters and digits');
    return value;
  }

  cardsChannel(): string | undefined {
    const value = this.value('CARDS_CHANNEL');
    if (value !== undefined && !/^[CG][A-Z0-9]{2,}$/.test(value))
      this.#fault(
        'CARDS_CHANNEL',
        'is not the id of a channel, like C0DEPLOYS: it is at the end of the channel’s details in Slack',
      );
    return value;
  }

  auditDays(): number {
    const value = this.value('AUDIT_DAYS') ?? '90';
    const days = Number(value);
    if (!/^\d{1,4}$/.test(value) || days < 1 || days > 3650)
      this.#fault('AUDIT_DAYS', 'is not a number of days from 1 to 3650');
    return days;
  }

  roles(): ReadonlySet<Role> {
    const names = this.list('ROLES');
    const wrong = names.filter((name) => name !== 'chat' && name !== 'worker');
    if (wrong.length > 0) this.#fault('ROLES', 'names a role that is neither chat nor worker');
    const roles = names.filter((name) => name === 'chat' || name === 'worker');
    return new Set<Role>(roles.length > 0 ? roles : ['chat', 'worker']);
  }

  clusters(): ReadonlyMap<string, PooledKubeConfig> {
    try {
      return loadKubeConfigs(this.value('KUBECONFIG'), this.list('CLUSTERS'));
    } catch (error) {
      if (!(error instanceof KubeConfigError)) throw error;
      this.#fault(error.variable, error.message);
      return new Map();
    }
  }

  namespace(): string {
    const value = this.value('NAMESPACE') ?? 'default';
    if (!/^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/.test(value)) this.#fault('NAMESPACE', 'is not the name of a namespace');
    return value;
  }

  policy(): FirstPolicy | undefined {
    const path = this.value('POLICY_FILE');
    if (path === undefined) return undefined;
    const opened = openPolicy(path);
    if (opened.ok) return opened.first;
    for (const fault of opened.faults) this.#fault('POLICY_FILE', fault);
    return undefined;
  }

  rulesFolder(): string {
    const value = this.value('RULES_DIR');
    const folder = resolve(ownFolder, value ?? 'manifests/bookinfo');
    if (value !== undefined && !isFolder(folder)) this.#fault('RULES_DIR', 'names a folder that does not exist');
    return folder;
  }

  /** `http://prometheus:9090`, or one for each cluster: `eu=http://…,us=http://…`. */
  prometheus(clusters: readonly string[]): ReadonlyMap<string, URL> {
    return this.#perCluster('PROMETHEUS_URL', clusters, {
      form: /^(?:(.+?)=)?(https?:\/\/.+)$/,
      read: httpUrl,
      wrong: 'has an entry that is not an http(s) address, or one with ? or #',
      what: 'address',
    });
  }

  /** `corp.example`, or one for each cluster: `eu=corp.example,us=…`. */
  clusterDomains(clusters: readonly string[]): ReadonlyMap<string, string> {
    return this.#perCluster('CLUSTER_DOMAIN', clusters, {
      form: /^(?:(.+)=)?([^=]+)$/,
      read: (text) => (isHost(text) ? text : undefined),
      wrong: 'has an entry that is not a domain, such as cluster.local',
      what: 'domain',
    });
  }

  #perCluster<T>(variable: Variable, clusters: readonly string[], each: PerCluster<T>): ReadonlyMap<string, T> {
    const [first, ...others] = clusters;
    const { form, read, wrong, what } = each;
    const entries = this.list(variable).map((entry) => {
      const [, name, text = ''] = form.exec(entry) ?? [];
      return { cluster: name ?? (others.length === 0 ? first : undefined), name, value: read(text) };
    });
    if (entries.some(({ value }) => value === undefined)) this.#fault(variable, wrong);
    const isUnclear = entries.some(({ name }) => name === undefined) && (others.length > 0 || entries.length > 1);
    if (isUnclear) this.#fault(variable, `does not say which cluster each ${what} belongs to: write name=${what}`);
    if (clusters.length > 0 && entries.some(({ name }) => name !== undefined && !clusters.includes(name)))
      this.#fault(variable, 'names a cluster that the bot does not serve');
    return new Map(
      entries.flatMap(({ cluster, value }) => (cluster === undefined || value === undefined ? [] : [[cluster, value]])),
    );
  }

  allowance(): Allowance {
    const value = this.value('COMMANDS_PER_MINUTE') ?? '30';
    const perMinute = Number(value);
    const isCount = /^\d+$/.test(value) && perMinute <= 100_000;
    if (!isCount) this.#fault('COMMANDS_PER_MINUTE', 'is not a number from 0 (no limit) to 100000');
    return { perMinute };
  }

  port(): number {
    const value = this.value('PORT') ?? '8080';
    const port = Number(value);
    if (!/^\d+$/.test(value) || port > 65_535) this.#fault('PORT', 'is not a port number');
    return port;
  }

  logLevel(): Config['logLevel'] {
    const value = this.value('LOG_LEVEL') ?? 'info';
    const level = logLevels.find((each) => each === value);
    if (level === undefined) this.#fault('LOG_LEVEL', `is not one of ${logLevels.join(', ')}`);
    return level ?? 'info';
  }

  #readFile(name: Variable, file: string): string | undefined {
    try {
      const text = trimmed(readFileSync(file, 'utf8'));
      if (text === undefined) this.#fault(`${name}_FILE`, 'names an empty file');
      return text;
    } catch {
      this.#fault(`${name}_FILE`, 'names a file that cannot be read'); // the fault does not say why: the path may be secret
      return undefined;
    }
  }

  #fault(name: string, what: string): void {
    this.faults.push(`${name} ${what}`);
  }
}

/** The folder of the package, whether we run from `src` or from the built `dist`. */
const ownFolder = resolve(import.meta.dirname, '..');

function isFolder(path: string): boolean {
  try {
    return statSync(path).isDirectory();
  } catch {
    return false; // the caller reports it as a fault
  }
}

function httpUrl(address: string): URL | undefined {
  const url = URL.parse(address);
  return url === null || url.search !== '' || url.hash !== '' ? undefined : url;
}

/** Secrets in files often end with a line break. An empty variable counts as not set. */
function trimmed(value: string | undefined): string | undefined {
  const text = value?.trim();
  return text === undefined || text === '' ? undefined : text;
}
