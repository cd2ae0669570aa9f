import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import { join, resolve } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { ConfigError, readConfig } from '../../src/config.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { filterContext, ImageBuild, readInstructions } from './dockerfile.ts';
import { manifests, only, render } from './kustomization.ts';

const project = resolve(import.meta.dirname, '../..');
const instructions = readInstructions(readFileSync(join(project, 'Dockerfile'), 'utf8'));
const lastStage = instructions.slice(instructions.findLastIndex(({ keyword }) => keyword === 'FROM'));
const entrypoint = z.array(z.string()).parse(JSON.parse(valueInLastStage('ENTRYPOINT')));

const packageFile = z.object({ version: z.string(), engines: z.object({ node: z.string() }) });
const manifest = packageFile.parse(readJson(join(project, 'package.json')));

describe('the Dockerfile', () => {
  it('runs the bot as the user of the Deployment, and without a shell', () => {
    const { user, port } = deployment();

    expect(valueInLastStage('USER')).toBe(`${user}:${user}`);
    expect(valueInLastStage('EXPOSE')).toBe(String(port));
    expect(entrypoint).toEqual(['/nodejs/bin/node', '--enable-source-maps', 'dist/main.js']);
    expect(valueInLastStage('ENV')).toBe('NODE_ENV=production');
  });

  it('builds and runs with the Node of package.json, on a final image without a shell', () => {
    const [, major] = /^>=(\d+)$/.exec(manifest.engines.node) ?? [];
    const images = bases().map((image) => image.split('@')[0]);

    expect(images).toEqual([
      `node:${major}-bookworm-slim`,
      'package',
      'package',
      `gcr.io/distroless/nodejs${major}-debian13:nonroot`,
    ]);
  });

  it('names base images by digest, so that the same commit builds the same image', () => {
    const stages = instructions.map(({ rest }) => / AS (\S+)$/.exec(rest)?.[1]);
    const pulled = bases().filter((image) => !stages.includes(image));

    expect(pulled).toHaveLength(2);
    for (const image of pulled) expect(image).toMatch(/@sha256:[0-9a-f]{64}$/);
  });

  it('runs no script of a package while it is built', () => {
    const installs = instructions.filter(({ rest }) => rest.includes('npm ci'));

    expect(installs).toHaveLength(2);
    for (const { rest } of installs) expect(rest).toContain('--ignore-scripts');
  });

  it('has no HEALTHCHECK, because probes do that', () => {
    expect(instructions.map(({ keyword }) => keyword)).not.toContain('HEALTHCHECK');
  });

  it('has a label with this version', () => {
    expect(valueInLastStage('LABEL')).toContain(`org.opencontainers.image.version="${manifest.version}"`);
    expect(valueInLastStage('LABEL')).toContain('org.opencontainers.image.licenses="Apache-2.0"');
  });
});

describe('the image, built without an engine', () => {
  let context: readonly string[];
  let app: string;

  beforeAll(async () => {
    const folder = temporaryFolder();
    context = filterContext(projectFiles(), readFileSync(join(project, '.dockerignore'), 'utf8'));
    const copied = join(folder, 'context');
    mkdirSync(copied);
    for (const file of context) cpSync(join(project, file), join(copied, file));
    app = await new ImageBuild(copied, folder).run(instructions);
  }, 240_000);

  it('gets only the files that it needs as build context', () => {
    const top = new Set(context.map((file) => file.split('/')[0]));

    expect([...top].sort()).toEqual([
      'LICENSE',
      'manifests',
      'package-lock.json',
      'package.json',
      'src',
      'tsconfig.json',
    ]);
    expect(context.filter((file) => /^manifests\/(?!bookinfo\/)/.test(file))).toEqual([]);
    expect(context.filter((file) => file.startsWith('src/sandbox/') || file.endsWith('.md'))).toEqual([]);
  });

  it('contains the compiled bot and what it needs to run', () => {
    expect(readdirSync(app).sort()).toEqual(['LICENSE', 'dist', 'licences', 'manifests', 'package.json']);
    expect(readdirSync(join(app, 'dist'))).toEqual(expect.arrayContaining(['main.js', 'serve.js', 'libraries.js']));
    expect(readdirSync(join(app, 'manifests/bookinfo'))).toEqual(readdirSync(join(manifests, 'bookinfo')));
  });

  it('has the licence of every production package of the lockfile, and nothing else of them', () => {
    const lockfile = z.object({
      packages: z.record(
        z.string(),
        z.object({ dev: z.boolean(), optional: z.boolean(), devOptional: z.boolean() }).partial(),
      ),
    });
    const production = Object.entries(lockfile.parse(readJson(join(project, 'package-lock.json'))).packages)
      .filter(([path, { dev, optional, devOptional }]) => path !== '' && !dev && !optional && !devOptional)
      .map(([path]) => path.replace(/^node_modules/, 'licences'));
    const files = readdirSync(join(app, 'licences'), { recursive: true, withFileTypes: true }).filter((each) =>
      each.isFile(),
    );

    const unlicensed = production.filter(
      (path) => !z.object({ license: z.string() }).safeParse(readJson(join(app, path, 'package.json'))).success,
    );
    expect(unlicensed).toEqual([]);
    expect(files.map(({ name }) => name).filter((name) => /\.([cm]?js|node|[cm]?ts|map|wasm)$/i.test(name))).toEqual(
      [],
    );
  });

  it('needs no package beside it', () => {
    const all = readdirSync(join(app, 'dist')).filter((file) => file.endsWith('.js'));
    const imported = all.flatMap((file) =>
      [...readFileSync(join(app, 'dist', file), 'utf8').matchAll(/^import\b.*?from "([^"]+)";$/gm)].map(
        ([, name]) => name,
      ),
    );

    expect(imported.filter((name) => name !== undefined && !name.startsWith('./') && !isBuiltin(name))).toEqual([]);
  });

  it('starts, and with an empty environment exits and says what is missing', () => {
    const { status, stderr } = node(entrypoint.slice(1));

    expect(stderr.split('\n')).toEqual(
      expect.arrayContaining(faultsOfAnEmptyEnvironment().map((fault) => expect.stringContaining(fault))),
    );
    expect(status).toBe(78);
  });

  function node(words: readonly string[]) {
    return spawnSync(process.execPath, words, { cwd: app, env: {}, encoding: 'utf8', timeout: 60_000 });
  }
});

/** The files of a checkout: tracked ones and new ones. */
function projectFiles(): readonly string[] {
  const words = ['ls-files', '-z', '--cached', '--others', '--exclude-standard'];
  const files = execFileSync('git', words, { cwd: project, encoding: 'utf8' }).split('\0');
  return [...new Set(files)].filter((file) => file !== '' && existsSync(join(project, file)));
}

function faultsOfAnEmptyEnvironment(): readonly string[] {
  try {
    readConfig({});
  } catch (error) {
    if (error instanceof ConfigError) return error.faults;
    throw error;
  }
  throw new Error('an empty environment was accepted');
}

function deployment(): { user: number; port: number } {
  const pod = z.object({
    securityContext: z.object({ runAsUser: z.number() }),
    containers: z.tuple([z.object({ ports: z.tuple([z.object({ containerPort: z.number() })]) })]),
  });
  const { template } = z
    .object({ template: z.object({ spec: pod }) })
    .parse(only(render(join(manifests, 'base')), 'Deployment')['spec']);
  return {
    user: template.spec.securityContext.runAsUser,
    port: template.spec.containers[0].ports[0].containerPort,
  };
}

function bases(): readonly string[] {
  return instructions.filter(({ keyword }) => keyword === 'FROM').map(({ rest }) => rest.split(' ')[0] ?? '');
}

function valueInLastStage(keyword: string): string {
  const found = lastStage.find((instruction) => instruction.keyword === keyword);
  if (found === undefined) throw new Error(`the last stage has no ${keyword}`);
  return found.rest;
}

function readJson(file: string): unknown {
  return JSON.parse(readFileSync(file, 'utf8'));
}
