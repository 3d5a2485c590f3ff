import { connect, createServer, type AddressInfo, type Socket } from 'node:net'
import { closeAfterTest } from '../support/after-test.ts'

/** A door before a server that passes every byte and counts who comes in. */
export interface CountingDoor {
  url: string
  /** Connections ever opened. */
  opened(): number
}

export async function openCountingDoor(behind: string): Promise<CountingDoor> {
  const { hostname, port } = new URL(behind)
  const sockets = new Set<Socket>()
  let opened = 0
  const server = createServer((outside) => {
    opened++
    const inside = connect(Number(port), hostname)
    for (const socket of [outside, inside]) {
      sockets.add(socket)
      socket.setNoDelay(true)
      socket.on('error', () => {})
      socket.on('close', () => {
        inside.destroy()
        outside.destroy()
      })
    }
    outside.pipe(inside).pipe(outside)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  closeAfterTest(async () => {
    for (const socket of sockets) socket.destroy()
    await new Promise((resolve) => server.close(resolve))
  })
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, opened: () => opened }
}
