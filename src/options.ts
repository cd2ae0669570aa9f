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
  if (option === '--check-policy' && file !== undefined && more.length === 0) {
    const { ok, text } = checkPolicy(file, new Date());
    (ok ? process.stdout : process.stderr).write(`${text}\n`);
    return ok ? 0 : badConfiguration;
  }
  process.stderr.write(
    'Options: --check-policy FILE (checks a policy file), --policy-schema (prints its JSON Schema)\n',
  );
  return badUsage;
}
