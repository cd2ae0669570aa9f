import { parseArgs } from 'node:util';
import { fuzz, reportOf } from './run.ts';
import { targets } from './targets.ts';

const { values } = parseArgs({
  options: {
    inputs: { type: 'string', default: '1000000' },
    seed: { type: 'string' },
    target: { type: 'string' },
    only: { type: 'string' },
  },
});
const inputs = Number(values.inputs);
if (!(inputs > 0)) throw new Error('--inputs must be a number above 0');
const chosen = targets.filter(({ name }) => values.target === undefined || name === values.target);
if (chosen.length === 0) throw new Error(`--target is one of ${targets.map(({ name }) => name).join(', ')}`);

const seed = values.seed ?? String(Date.now() % 1_000_000);
const tell = (line: string) => void process.stdout.write(`${line}\n`);
tell(`${inputs} inputs, seed ${seed}`);
const startedMs = performance.now();
const report = await fuzz({
  targets: chosen,
  inputs,
  seed,
  only: values.only === undefined ? undefined : Number(values.only),
  tell,
});
const seconds = (performance.now() - startedMs) / 1000;
const all = report.reports.reduce((sum, each) => sum + each.inputs, 0);
tell(
  `${all} inputs in ${seconds.toFixed(0)} s, ${Math.round(all / seconds)}/s, ${report.violations.length} violations`,
);
tell(reportOf(report, seed));
process.exit(report.violations.length === 0 ? 0 : 1);
