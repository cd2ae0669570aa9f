import { ChatError, StoreUnavailableError } from '../../workflow/errors.ts';
import type { Charts } from '../../workflow/ports/charts.ts';
import type { Log } from '../../workflow/ports/process.ts';
import type { Message } from '../card/card.ts';
import { isChart } from '../card/ramp-chart.ts';

/** Sends cards with their chart, and without it where a workspace does not take charts yet. */
export class ChartFallback {
  readonly #charts: Charts;
  readonly #log: Log;

  constructor(charts: Charts, log: Log) {
    this.#charts = charts;
    this.#log = log;
  }

  /**
   * A refusal is noted only when Slack takes the same card without its chart. Otherwise another block of it was refused. `send` may be called twice:
   * what Slack refused was not posted.
   */
  async send<T>(team: string, message: Message, send: (message: Message) => Promise<T>): Promise<T> {
    if (!message.blocks.some(isChart)) return send(message);
    const bare = { ...message, blocks: message.blocks.filter((block) => !isChart(block)) };
    if (await this.#areRefused(team)) return send(bare);
    try {
      return await send(message);
    } catch (error) {
      if (!(error instanceof ChatError) || error.code !== 'invalid_blocks') throw error;
      const sent = await send(bare);
      await this.#noteRefused(team, error);
      return sent;
    }
  }

  /** If that is not known, the card goes without its chart: it says the same in words. */
  async #areRefused(team: string): Promise<boolean> {
    try {
      return await this.#charts.areRefused(team);
    } catch (err) {
      if (!(err instanceof StoreUnavailableError)) throw err;
      this.#log.warn({ team, err }, 'whether the workspace takes charts is not known');
      return true;
    }
  }

  /** Slack's own words tell a workspace without charts from a chart that is wrong. */
  async #noteRefused(team: string, refusal: ChatError): Promise<void> {
    this.#log.warn({ team, err: refusal }, 'the workspace takes no charts, cards go without for some days');
    try {
      await this.#charts.noteRefused(team);
    } catch (err) {
      if (!(err instanceof StoreUnavailableError)) throw err;
      this.#log.warn({ team, err }, 'that the workspace takes no charts could not be noted');
    }
  }
}
