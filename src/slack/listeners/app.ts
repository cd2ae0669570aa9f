import type { RequestListener } from 'node:http';
import {
  App,
  type BlockAction,
  type ButtonAction,
  type CodedError,
  ErrorCode,
  HTTPReceiver,
  type Logger,
  SocketModeReceiver,
  type ViewSubmitAction,
} from '@slack/bolt';
import type { WebClient } from '@slack/web-api';
import { ChatError } from '../../workflow/errors.ts';
import type { Log } from '../../workflow/ports/process.ts';
import { call, clientLogger, slackClient, webOptions } from '../client/web-api.ts';
import type { Conversation } from '../conversation/conversation.ts';
import { failed } from '../conversation/in-time.ts';
import { rejectDialogId } from '../replies/reject-dialog.ts';
import { onClick } from './clicks.ts';
import { onCommand } from './commands.ts';
import { onRejection } from './dialogs.ts';
import { HomeListener } from './home.ts';
import { onMention } from './mentions.ts';
import { readSender } from './payloads.ts';
import { eventsPath, slashCommand } from './surface.ts';
import { tell, type Voice } from './tell.ts';

export interface SlackOptions {
  readonly botToken: string;
  /** Present: Socket Mode. */
  readonly appToken?: string | undefined;
  readonly signingSecret?: string | undefined;
  readonly apiUrl?: string | undefined;
}

/** Slack does not accept a token. Starting again does not help. */
export class SlackTokenError extends Error {
  override readonly name = 'SlackTokenError';
}

export interface SlackApp {
  /** What Slack posts to in HTTP mode; absent in Socket Mode. */
  readonly requestListener: RequestListener | undefined;
  /** Why Slack cannot reach us; undefined while it can. */
  problem(): string | undefined;
  /** Connects. Resolves when Slack accepts us, however long that takes. */
  start(): Promise<void>;
  /** Takes no more deliveries. Resolves when those that were taken are answered. */
  stop(): Promise<void>;
}

const largestBody = 256 * 1024;

/** Keeps trying to open the socket. When it gives up, the library throws, and that would end the process. */
const untilConnected = { forever: true, minTimeout: 500, maxTimeout: 5_000, factor: 2, randomize: true };

export function createSlackApp(
  options: SlackOptions,
  conversationFor: (botName: string) => Conversation,
  log: Log,
): SlackApp {
  const { appToken } = options;
  const logger = clientLogger(log);
  const running = new Running();
  let problem: string | undefined = 'Slack has not been reached yet';
  let hasStarted = false;
  const setProblem = (what: string | undefined) => {
    problem = what;
  };
  const receiver =
    appToken === undefined
      ? httpReceiver(options, logger)
      : socketReceiver({ ...options, appToken }, logger, setProblem);
  const whoWeAre = Promise.withResolvers<Identity>();
  const app = new App({
    // Bolt's own asks Slack who we are before every delivery.
    authorize: async () => ({ botToken: options.botToken, ...(await whoWeAre.promise) }),
    receiver,
    logger,
    clientOptions: webOptions(options),
    deferInitialization: true,
    extendedErrorHandler: true,
  });
  app.use((middleware) => running.during(middleware.next));

  return {
    requestListener: receiver instanceof HTTPReceiver ? receiver.requestListener : undefined,
    problem: () => problem,
    start: async () => {
      const client = slackClient(options, log);
      const identity = await askWhoWeAre(client, log);
      whoWeAre.resolve(identity);
      const conversation = conversationFor(identity.botName);
      listen(app, conversation, client);
      const home = new HomeListener(conversation, identity.workspace);
      app.event('app_home_opened', (args) => home.onOpened(args));
      await app.init();
      if (receiver instanceof SocketModeReceiver) await app.start();
      hasStarted = true;
      setProblem(undefined);
    },
    stop: async () => {
      setProblem('shutting down');
      if (hasStarted && receiver instanceof SocketModeReceiver) await app.stop();
      await running.ended();
    },
  };
}

/** Sends each kind of delivery to its listener. */
function listen(app: App, conversation: Conversation, client: WebClient): void {
  const voice = { client, log: conversation.desk.log };
  app.command(slashCommand, (args) => onCommand(args, conversation));
  app.event('app_mention', (args) => onMention(args, conversation));
  app.action<BlockAction<ButtonAction>>({ type: 'block_actions' }, (args) => onClick(args, conversation));
  app.view<ViewSubmitAction>(rejectDialogId, (args) => onRejection(args, conversation));
  app.error((failure: Failure) => onFailure(failure, voice));
}

interface Failure {
  readonly error: CodedError;
  readonly body: object;
}

/**
 * Tells the person, unless Slack does. Slack tells that a command failed if nobody acknowledged it. Bolt acknowledges a command itself
 * when it could not be authorised.
 */
async function onFailure({ error, body }: Failure, voice: Voice): Promise<void> {
  voice.log.error({ err: error }, 'a listener failed');
  const sender = readSender(body);
  const isToldBySlack = 'command' in body && error.code !== ErrorCode.AuthorizationError;
  if (sender !== undefined && !isToldBySlack) await tell(voice, { ...sender, thread: undefined }, failed);
}

function socketReceiver(
  options: SlackOptions & { readonly appToken: string },
  logger: Logger,
  setProblem: (what: string | undefined) => void,
): SocketModeReceiver {
  const receiver = new SocketModeReceiver({
    appToken: options.appToken,
    logger,
    installerOptions: {
      clientOptions: { ...webOptions(options), rejectRateLimitedCalls: false, retryConfig: untilConnected },
    },
  });
  receiver.client.on('connected', () => setProblem(undefined));
  for (const event of ['reconnecting', 'disconnected', 'close'])
    receiver.client.on(event, () => setProblem('the socket to Slack is not connected'));
  return receiver;
}

function httpReceiver({ signingSecret }: SlackOptions, logger: Logger): HTTPReceiver {
  return new HTTPReceiver({
    signingSecret: signingSecret ?? '',
    endpoints: eventsPath,
    bodyLimit: largestBody,
    logger,
  });
}

interface Identity {
  readonly botName: string;
  /** `https://sandbox.slack.com/` */
  readonly workspace?: string;
  readonly botUserId?: string;
  readonly botId?: string;
}

/** Asks until Slack answers. Otherwise a wrong token would show only when the first command fails. */
async function askWhoWeAre(client: WebClient, log: Log): Promise<Identity> {
  for (let waitMs = 500; ; waitMs = Math.min(waitMs * 2, 10_000)) {
    try {
      const { user, url, user_id, bot_id } = await call(() => client.auth.test());
      return {
        botName: user ?? 'shiftbot',
        ...(url === undefined ? {} : { workspace: url }),
        ...(user_id === undefined ? {} : { botUserId: user_id }),
        ...(bot_id === undefined ? {} : { botId: bot_id }),
      };
    } catch (error) {
      if (error instanceof ChatError && error.outcome === 'never') {
        throw new SlackTokenError(`SLACK_BOT_TOKEN is not accepted by Slack (${error.code})`, { cause: error });
      }
      log.warn({ err: error, waitMs }, 'Slack does not answer yet');
      await new Promise((resolve) => setTimeout(resolve, waitMs));
    }
  }
}

/** Counts the listeners that still run. Bolt does not wait for them when it stops. */
class Running {
  #count = 0;
  #whenNone: (() => void)[] = [];

  async during(work: () => Promise<void>): Promise<void> {
    this.#count += 1;
    try {
      await work();
    } finally {
      this.#count -= 1;
      if (this.#count === 0) for (const resolve of this.#whenNone.splice(0)) resolve();
    }
  }

  ended(): Promise<void> {
    return this.#count === 0 ? Promise.resolve() : new Promise((resolve) => this.#whenNone.push(resolve));
  }
}
