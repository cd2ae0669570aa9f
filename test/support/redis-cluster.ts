import {
  type Connection,
  connectForWorker,
  type RedisAddress,
  readRedisUrl,
  whenReady,
} from '../../src/redis/connect.ts';
import { type RedisServer, startRedis } from '../../src/sandbox/redis-server.ts';

export interface RedisCluster {
  readonly address: RedisAddress;
  readonly connection: Connection;
  /** Another connection, like a worker's. */
  connectWorker(): Promise<Connection>;
  stop(): Promise<void>;
}

/** A Redis Cluster of one node. Like a large one, it refuses commands on keys of several slots. It may take its time to answer. */
export async function startRedisCluster(): Promise<RedisCluster> {
  const server = await startRedis({ settings: { 'cluster-enabled': 'yes', 'cluster-announce-ip': '127.0.0.1' } });
  await assignAllSlots(server);
  const url = `redis+cluster://127.0.0.1:${server.port}`;
  const connection = await connected(connectForWorker, url);
  return {
    address: addressOf(url),
    connection,
    connectWorker: () => connected(connectForWorker, url),
    stop: async () => {
      connection.disconnect();
      await server.stop();
    },
  };
}

async function assignAllSlots({ url }: RedisServer): Promise<void> {
  const node = await connected(connectForWorker, url);
  const slots = Array.from({ length: 16_384 }, (_, slot) => slot);
  await node.call('CLUSTER', 'ADDSLOTS', ...slots);
  for (;;) if (String(await node.call('CLUSTER', 'INFO')).includes('cluster_state:ok')) break;
  node.disconnect();
}

function addressOf(url: string): RedisAddress {
  const address = readRedisUrl(url);
  if (address === undefined) throw new Error(`no address: ${url}`);
  return address;
}

async function connected(connect: typeof connectForWorker, url: string): Promise<Connection> {
  const connection = connect(addressOf(url));
  connection.on('error', () => {}); // servers come and go in tests
  await whenReady(connection);
  return connection;
}
