import { existsSync } from 'node:fs';
import { checkPolicy } from './policy-file/check-policy.ts';
import { policyJsonSchema } from './policy-file/schema.ts';

/** `EX_CONFIG` of sysexits.h: a restart does not help until somebody corrects the configuration. */
export const badConfiguration = 78;
/** `EX_USAGE`: an unknown option. */
const badUsage = 64;

/** Does what an option asks for instead of starting the bot, and returns the exit code. Needs nothing from the environment. */
export function answerOption([option, file, ...more]: readonly string[]): number | undefined {
  if (option === undefined) return undefined;
  if (option === '--policy-schema' && file === undefined) {
    process.stdout.write(`${JSON.stringify(policyJsonSchema(), undefined, 2)}\n`);
    return 0;
  }
  const [against, audit, ...rest] = more;
  const isWhole = more.length === 0 || (against === '--against' && audit !== undefined && rest.length === 0);
  if (option === '--check-policy' && file !== undefined && isWhole) {
    if (audit !== undefined && !existsSync(audit)) return usage(`There is no file ${audit}.`);
    const { ok, text } = checkPolicy(file, new Date(), audit);
    (ok ? process.stdout : process.stderr).write(`${text}\n`);
    return ok ? 0 : badConfiguration;
  }
  return usage(
    'Options: --check-policy FILE (checks a policy file; with --against audit.ndjson also says which decisions of the past would be others), --policy-schema (prints its JSON Schema)',
  );
}

function usage(text: string): number {
  process.stderr.write(`${text}\n`);
  return badUsage;
}
