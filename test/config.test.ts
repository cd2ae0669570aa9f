import { writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type Config, ConfigError, readConfig } from '../src/config.ts';
import { temporaryFolder } from './support/temporary-folder.ts';

const folder = temporaryFolder();

function file(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

const kubeconfig = file(
  'kubeconfig',
  `
apiVersion: v1
kind: Config
clusters: [{ name: c, cluster: { server: "https://127.0.0.1:1" } }]
users: [{ name: u, user: { token: t } }]
contexts: [{ name: eu, context: { cluster: c, user: u } }, { name: us, context: { cluster: c, user: u } }]
current-context: eu
`,
);

const good = {
  SLACK_BOT_TOKEN: 'xoxb-secret-of-the-bot',
  SLACK_APP_TOKEN: 'xapp-secret-of-the-app',
  REDIS_URL: 'redis://:secret-of-redis@redis:6379/2',
  KUBECONFIG: kubeconfig,
};

function faults(environment: Readonly<Record<string, string | undefined>>): readonly string[] {
  try {
    readConfig(environment);
    return [];
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return error.faults;
  }
}

describe('the configuration', () => {
  it('needs only the required variables, and takes the defaults of manifests/README.md for the rest', () => {
    const config = readConfig(good);

    expect(config).toMatchObject({
      namespace: 'default',
      port: 8080,
      logLevel: 'info',
      slack: { botToken: good.SLACK_BOT_TOKEN, appToken: good.SLACK_APP_TOKEN },
    });
    expect([...config.roles]).toEqual(['chat', 'worker']);
    expect([...config.clusters.keys()]).toEqual(['eu']);
    expect(config.redis).toEqual({
      kind: 'single',
      hosts: [{ host: 'redis', port: 6379 }],
      options: { password: 'secret-of-redis', db: 2 },
    });
  });

  it('lists all faults at once, by variable', () => {
    const found = faults({
      SLACK_BOT_TOKEN: 'xapp-swapped',
      REDIS_URL: 'localhost',
      RECORD_KEY: 'short',
      RECORD_KEY_PREVIOUS: 'short',
      FREEZE_HOOK_TOKEN: 'short',
      AUDIT_DAYS: 'ever',
      AUDIT_TOKEN: 'short',
      KUBECONFIG: join(folder, 'absent'),
      PROMETHEUS_URL: 'prometheus:9090',
      NAMESPACE: 'Not_One',
      RULES_DIR: join(folder, 'absent'),
      ROLES: 'chat,cook',
      PORT: '99999',
      LOG_LEVEL: 'loud',
      SLACK_API_URL: 'slack',
    });

    expect(found.map((fault) => fault.split(' ')[0])).toEqual([
      'ROLES',
      'KUBECONFIG',
      'SLACK_BOT_TOKEN',
      'SLACK_APP_TOKEN',
      'SLACK_API_URL',
      'REDIS_URL',
      'RECORD_KEY',
      'RECORD_KEY_PREVIOUS',
      'FREEZE_HOOK_TOKEN',
      'AUDIT_DAYS',
      'AUDIT_TOKEN',
      'PROMETHEUS_URL',
      'NAMESPACE',
      'RULES_DIR',
      'PORT',
      'LOG_LEVEL',
    ]);
  });

  it('reads the Prometheus of each cluster', () => {
    const readUrls = (environment: Readonly<Record<string, string>>) =>
      [...readConfig({ ...good, ...environment }).prometheus].map(([cluster, url]) => [cluster, url.href]);
    const two = { CLUSTERS: 'eu,us', PROMETHEUS_URL: 'eu=http://a:9090, us=https://me:secret@b/prometheus' };
    const inFile = { PROMETHEUS_URL_FILE: file('prometheus', 'http://me:secret@prometheus:9090\n') };

    expect(readUrls({})).toEqual([]);
    expect(readUrls({ PROMETHEUS_URL: 'http://prometheus:9090' })).toEqual([['eu', 'http://prometheus:9090/']]);
    expect(readUrls(inFile)).toEqual([['eu', 'http://me:secret@prometheus:9090/']]);
    expect(readUrls(two)).toEqual([
      ['eu', 'http://a:9090/'],
      ['us', 'https://me:secret@b/prometheus'],
    ]);
    expect(readUrls({ CLUSTERS: 'eu,us', PROMETHEUS_URL: 'us=http://b' })).toEqual([['us', 'http://b/']]);
    expect(faults({ ...good, CLUSTERS: 'eu,us', PROMETHEUS_URL: 'http://a' })).toEqual([
      expect.stringContaining('does not say which cluster each address belongs to'),
    ]);
  });

  it('reads the key that signs, and the one before it', () => {
    const [key, before] = ['a key of 16 characters', 'the key before that one'];
    const read = (environment: Readonly<Record<string, string>>) => readConfig({ ...good, ...environment }).recordKey;

    expect(read({})).toBeUndefined();
    expect(read({ RECORD_KEY: key })).toBe(key);
    expect(read({ RECORD_KEY: key, RECORD_KEY_PREVIOUS: before })).toEqual([key, before]);
    expect(faults({ ...good, RECORD_KEY_PREVIOUS: before })).toEqual([expect.stringContaining('set both')]);
  });

  it('does not start with a policy file and nothing that signs', () => {
    const policy = file('policy', 'rules: [{ target: "**", shift: [everyone] }]');

    expect(faults({ ...good, POLICY_FILE: policy })).toEqual([expect.stringMatching(/^RECORD_KEY is not set, and/)]);
    expect(readConfig({ ...good, POLICY_FILE: policy, RECORD_KEY: 'a key of 16 characters' }).policy).toBeDefined();
  });

  it('reads the domain of each cluster', () => {
    const domains = (environment: Readonly<Record<string, string>>) => [
      ...readConfig({ ...good, ...environment }).clusterDomains,
    ];

    expect(domains({})).toEqual([]);
    expect(domains({ CLUSTER_DOMAIN: 'corp.example' })).toEqual([['eu', 'corp.example']]);
    expect(domains({ CLUSTERS: 'eu,us', CLUSTER_DOMAIN: 'us=corp.example' })).toEqual([['us', 'corp.example']]);
  });

  it('never shows a value', () => {
    const values = {
      ...good,
      SLACK_BOT_TOKEN: 'xoxp-hidden',
      SLACK_APP_TOKEN: 'hidden-too',
      REDIS_URL: 'hidden://redis',
      RECORD_KEY: 'hidden',
      RECORD_KEY_PREVIOUS: 'hidden',
      FREEZE_HOOK_TOKEN: 'hidden with spaces',
      AUDIT_TOKEN: 'hidden',
      CLUSTERS: 'hidden',
      PROMETHEUS_URL: 'hidden:9090',
    };

    expect(faults(values).join('\n')).not.toMatch(/hidden/);
    expect(faults(values)).toHaveLength(9);
  });

  it.each`
    variable                 | value                  | because
    ${'SLACK_BOT_TOKEN'}     | ${undefined}           | ${'is missing'}
    ${'SLACK_BOT_TOKEN'}     | ${'  '}                | ${'is missing'}
    ${'SLACK_BOT_TOKEN'}     | ${'xoxp-1'}            | ${'does not start with xoxb-'}
    ${'SLACK_APP_TOKEN'}     | ${'xoxb-1'}            | ${'does not start with xapp-'}
    ${'SLACK_APP_TOKEN'}     | ${undefined}           | ${'SLACK_SIGNING_SECRET is missing'}
    ${'REDIS_URL'}           | ${undefined}           | ${'is missing'}
    ${'KUBECONFIG'}          | ${undefined}           | ${'is missing'}
    ${'CARDS_CHANNEL'}       | ${'deploys'}           | ${'is not the id of a channel'}
    ${'COMMANDS_PER_MINUTE'} | ${'-1'}                | ${'is not a number from 0 (no limit) to 100000'}
    ${'COMMANDS_PER_MINUTE'} | ${'many'}              | ${'is not a number from 0 (no limit) to 100000'}
    ${'RULES_DIR'}           | ${'absent'}            | ${'names a folder that does not exist'}
    ${'RULES_DIR'}           | ${'LICENSE'}           | ${'names a folder that does not exist'}
    ${'PROMETHEUS_URL'}      | ${'prometheus:9090'}   | ${'has an entry that is not an http(s) address'}
    ${'PROMETHEUS_URL'}      | ${'http://p/?q=1'}     | ${'has an entry that is not an http(s) address'}
    ${'PROMETHEUS_URL'}      | ${'http://p,http://q'} | ${'does not say which cluster each address belongs to'}
    ${'PROMETHEUS_URL'}      | ${'us=http://p'}       | ${'names a cluster that the bot does not serve'}
    ${'CLUSTER_DOMAIN'}      | ${'Corp Example'}      | ${'has an entry that is not a domain'}
    ${'CLUSTER_DOMAIN'}      | ${'a.x,b.x'}           | ${'does not say which cluster each domain belongs to'}
    ${'CLUSTER_DOMAIN'}      | ${'us=corp.example'}   | ${'names a cluster that the bot does not serve'}
    ${'CLUSTERS'}            | ${'eu,asia'}           | ${'names a context that the kubeconfig does not have'}
  `(
    '$variable=$value: $because',
    ({ variable, value, because }: { variable: string; value: string | undefined; because: string }) => {
      expect(faults({ ...good, [variable]: value })).toEqual([expect.stringContaining(because)]);
    },
  );

  it('lists every fault of a policy file, and needs no policy file', () => {
    const bad = file('bad.yaml', 'rules:\n  - target: 1\n    shifts: []\n');
    const least = file('policy.yaml', 'rules:\n  - target: "**"\n    shift: [everyone]\n');

    const signed = { ...good, RECORD_KEY: 'a key of 16 characters' };
    expect(readConfig(good).policy).toBeUndefined();
    expect(readConfig({ ...signed, POLICY_FILE: least }).policy?.read.policy.rules).toHaveLength(1);
    expect(faults({ ...signed, POLICY_FILE: join(folder, 'absent') })).toEqual([
      'POLICY_FILE names a file that cannot be read',
    ]);
    expect(faults({ ...signed, POLICY_FILE: bad })).toEqual([
      'POLICY_FILE 2:5 rules[0].shift: is missing: write a list in brackets',
      'POLICY_FILE 2:13 rules[0].target: write `cluster/namespace/service`, like `"prod-*/payments/*"`',
      'POLICY_FILE 3:5 rules[0]: there is no key `shifts` here; did you mean `shift`?',
    ]);
  });

  it('reads RULES_DIR relative to the package, and has the files of Bookinfo as the default', () => {
    const own = resolve(import.meta.dirname, '..');

    expect(readConfig(good).rulesFolder).toBe(join(own, 'manifests/bookinfo'));
    expect(readConfig({ ...good, RULES_DIR: 'manifests/policy' }).rulesFolder).toBe(join(own, 'manifests/policy'));
    expect(readConfig({ ...good, RULES_DIR: folder }).rulesFolder).toBe(folder);
  });

  it('reads a secret from a file, without the last line break', () => {
    const { SLACK_BOT_TOKEN: _, ...others } = good;

    const config = readConfig({ ...others, SLACK_BOT_TOKEN_FILE: file('token', 'xoxb-from-a-file\n') });

    expect(config.slack.botToken).toBe('xoxb-from-a-file');
  });

  it('refuses a secret that is set twice, an unreadable file, and an empty file', () => {
    const { SLACK_BOT_TOKEN: _, ...others } = good;

    expect(faults({ ...good, SLACK_BOT_TOKEN_FILE: file('twice', 'xoxb-1') })).toEqual([
      'SLACK_BOT_TOKEN and SLACK_BOT_TOKEN_FILE are both set: keep one',
    ]);
    expect(faults({ ...others, SLACK_BOT_TOKEN_FILE: join(folder, 'nowhere') })[0]).toBe(
      'SLACK_BOT_TOKEN_FILE names a file that cannot be read',
    );
    expect(faults({ ...others, SLACK_BOT_TOKEN_FILE: file('empty', '\n') })[0]).toBe(
      'SLACK_BOT_TOKEN_FILE names an empty file',
    );
  });

  it('serves several clusters, each with its own credentials', () => {
    const { clusters } = readConfig({ ...good, CLUSTERS: 'us, eu' });

    expect([...clusters.keys()]).toEqual(['us', 'eu']);
    expect([...clusters.values()].map((config) => config.getCurrentContext())).toEqual(['us', 'eu']);
  });

  it.each`
    url                                   | address
    ${'redis://redis'}                    | ${{ kind: 'single', hosts: [{ host: 'redis', port: 6379 }], options: {} }}
    ${'rediss://ana:p%40ss@redis:6380/1'} | ${{ kind: 'single', hosts: [{ host: 'redis', port: 6380 }], options: { username: 'ana', password: 'p@ss', db: 1, tls: {} } }}
    ${'redis+sentinel://a,b:26380/main/3'} | ${{ kind: 'sentinel', hosts: [{ host: 'a', port: 26379 }, { host: 'b', port: 26380 }], options: { name: 'main', db: 3 } }}
    ${'rediss+cluster://a:7000,[::1]:7001'} | ${{ kind: 'cluster', hosts: [{ host: 'a', port: 7000 }, { host: '::1', port: 7001 }], options: { tls: {} } }}
  `('reads $url', ({ url, address }: { url: string; address: Config['redis'] }) => {
    expect(readConfig({ ...good, REDIS_URL: url }).redis).toEqual(address);
  });

  it.each([
    'redis',
    'http://redis',
    'redis://',
    'redis://a,b',
    'redis+sentinel://a',
    'redis://a/b',
    'redis://a:port',
    'redis://a:99999',
    'redis://:p%ss@h',
  ])('refuses %s as the address of Redis', (url) => {
    expect(faults({ ...good, REDIS_URL: url })).toHaveLength(1);
  });
});
