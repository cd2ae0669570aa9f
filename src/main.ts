import { answerOption } from './options.ts';

const answered = answerOption(process.argv.slice(2));
if (answered === undefined) {
  // Only now: to load all that the bot is made of takes several times as long as any option.
  const { run } = await import('./bot/serve.ts');
  await run();
} else {
  process.exitCode = answered;
}
