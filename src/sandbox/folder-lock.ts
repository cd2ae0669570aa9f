import { createHash } from 'node:crypto';
import { realpath } from 'node:fs/promises';
import { createServer, type Server } from 'node:net';

/** Another process holds the lock. */
export class FolderInUseError extends Error {
  override readonly name = 'FolderInUseError';
}

/**
 * Locks a folder for this process. The lock is an abstract socket of Linux: the kernel removes it when the process ends, even
 * after a crash, and no stale file stays behind.
 */
export async function lockFolder(folder: string): Promise<void> {
  const name = createHash('sha256')
    .update(await realpath(folder))
    .digest('hex');
  const server = createServer((socket) => socket.destroy());
  try {
    await listen(server, `\0shiftbot-sandbox-${name}`);
  } catch (cause) {
    if (cause instanceof Error && 'code' in cause && cause.code === 'EADDRINUSE') {
      throw new FolderInUseError(
        `another sandbox runs in ${folder}; stop it first, or start this one in another folder`,
        {
          cause,
        },
      );
    }
    throw cause;
  }
  server.unref();
}

function listen(server: Server, path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(path, resolve);
  });
}
