/** A form of multipart/form-data, written by hand. */
export const boundary = 'form-boundary-7MA4YWxk'

export const field = (name: string, value: string): Buffer =>
  Buffer.from(`--${boundary}\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`)

export const file = (content: Buffer, name = 'file'): Buffer =>
  Buffer.concat([
    Buffer.from(
      `--${boundary}\r\nContent-Disposition: form-data; name="${name}"; filename="a.mp3"\r\n` +
        'Content-Type: audio/mpeg\r\n\r\n',
    ),
    content,
    Buffer.from('\r\n'),
  ])

export const end = Buffer.from(`--${boundary}--\r\n`)

export const form = (...parts: Buffer[]): Buffer => Buffer.concat([...parts, end])

export const formType = `multipart/form-data; boundary=${boundary}`
