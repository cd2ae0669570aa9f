import { Random } from '../../chaos/random.ts';

/** Random counts, the same for the same seed. */
export class Draws {
  readonly #random: Random;
  /** The chances of 0, of at most 1, of at most 2 … by mean. A simulation has few means. */
  readonly #atMost = new Map<number, Float64Array>();

  constructor(seed: string) {
    this.#random = new Random(seed);
  }

  chance(probability: number): boolean {
    return this.#random.chance(probability);
  }

  uniform(): number {
    return this.#random.next();
  }

  /** How often something happens that happens this often on average. */
  poisson(mean: number): number {
    if (mean === 0) return 0;
    const atMost = this.#atMost.get(mean) ?? chancesOfAtMost(mean);
    this.#atMost.set(mean, atMost);
    const drawn = this.#random.next();
    let [low, high] = [0, atMost.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((atMost[middle] ?? 1) > drawn) high = middle;
      else low = middle + 1;
    }
    return low;
  }
}

function chancesOfAtMost(mean: number): Float64Array {
  const most = Math.ceil(mean + 12 * Math.sqrt(mean) + 12);
  const chances = new Float64Array(most);
  let [chance, sum] = [Math.exp(-mean), 0];
  for (let count = 0; count < most; count++) {
    sum += chance;
    chances[count] = sum;
    chance *= mean / (count + 1);
  }
  return chances;
}
