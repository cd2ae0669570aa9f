import { answerOption } from './options.ts';

const answered = answerOption(process.argv.slice(2));
if (answered === undefined) {
  // Loaded only now: loading the bot takes several times longer than answering any option.
  const { run } = await import('./bot/serve.ts');
  await run();
} else {
  process.exitCode = answered;
}
