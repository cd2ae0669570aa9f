/**
 * `npm run guards`: made-up ramps, watched by our guard and by the methods of other tools. How often each takes back a ramp with which
 * nothing is wrong, and how fast it notices a fault. Fails if our guard takes back more than it promises.
 *
 * `--ramps N`: how many ramps a row. `--seed TEXT`: other ramps. `--threads N`: how many at once.
 */
import { parseArgs } from 'node:util';
import { excesses, linesBeside, tableOfMethods } from './guards/report.ts';
import { simulate } from './guards/simulate.ts';

const { values } = parseArgs({
  options: {
    ramps: { type: 'string', default: '10000' },
    seed: { type: 'string', default: 'guards' },
    threads: { type: 'string', default: '2' },
  },
});
const [ramps, threads] = [Number(values.ramps), Number(values.threads)];
if (!(Number.isInteger(ramps) && ramps > 0)) throw new Error('--ramps must be a whole number above 0');
if (!(Number.isInteger(threads) && threads > 0)) throw new Error('--threads must be a whole number above 0');

const tell = (line: string) => void process.stdout.write(`${line}\n`);
const startedMs = performance.now();
tell(`${ramps} ramps a row, seed ${values.seed}. Null: nothing is wrong, and how many were taken back.\n`);
const results = await simulate({ ramps, seed: values.seed, threads });
for (const line of tableOfMethods(results)) tell(line);
tell('');
for (const line of linesBeside(results)) tell(line);
const found = excesses(results);
tell(`\n${((performance.now() - startedMs) / 1000).toFixed(0)} s, ${found.length} bounds exceeded`);
for (const { experiment, name, taken, ramps: all, alpha } of found)
  tell(`${experiment}: ${name} took back ${taken} of ${all}, more than ${alpha}`);
process.exit(found.length === 0 ? 0 : 1);
