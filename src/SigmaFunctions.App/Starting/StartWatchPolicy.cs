using Azure.Core;
using Azure.Core.Pipeline;

namespace SigmaFunctions.App.Starting;

/// <summary>
/// Tells the watch over the start of each try of a request to a store, from looking up its name to the last byte of its body. It stands
/// before the transport, so that neither the pauses between tries nor tokens count for the store.
/// </summary>
/// <param name="watch">The watch.</param>
/// <param name="service">What is asked, such as "table service of DetectionStorage".</param>
internal sealed class StartWatchPolicy(StartWatch watch, string service) : HttpPipelinePolicy
{
    /// <inheritdoc/>
    public override void Process(HttpMessage message, ReadOnlyMemory<HttpPipelinePolicy> pipeline)
    {
        using (Expect(message))
        {
            ProcessNext(message, pipeline);
        }

        WatchBody(message);
    }

    /// <inheritdoc/>
    public override async ValueTask ProcessAsync(HttpMessage message, ReadOnlyMemory<HttpPipelinePolicy> pipeline)
    {
        using (Expect(message))
        {
            await ProcessNextAsync(message, pipeline);
        }

        WatchBody(message);
    }

    private IDisposable? Expect(HttpMessage message) => watch.IsPrepared ? null : watch.Expect(Silence(message));

    private void WatchBody(HttpMessage message)
    {
        if (!watch.IsPrepared && message.HasResponse && message.Response.ContentStream is { } body)
        {
            message.Response.ContentStream = new WatchedBody(body, watch, Silence(message));
        }
    }

    // Host and port alone: the rest of an address may hold a signature.
    private string Silence(HttpMessage message) =>
        $"The {service} ({message.Request.Uri.Host}{(message.Request.Uri.Port is 443 or 80 ? "" : $":{message.Request.Uri.Port}")}) has not answered";

    private sealed class WatchedBody(Stream body, StartWatch watch, string silence) : Stream
    {
        public override bool CanRead => body.CanRead;

        public override bool CanSeek => body.CanSeek;

        public override bool CanWrite => false;

        public override long Length => body.Length;

        public override long Position
        {
            get => body.Position;
            set => body.Position = value;
        }

        public override int Read(byte[] buffer, int offset, int count)
        {
            using (watch.Expect(silence))
            {
                return body.Read(buffer, offset, count);
            }
        }

        public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
            ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            using (watch.Expect(silence))
            {
                return await body.ReadAsync(buffer, cancellationToken);
            }
        }

        public override long Seek(long offset, SeekOrigin origin) => body.Seek(offset, origin);

        public override void Flush() => body.Flush();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        protected override void Dispose(bool disposing)
        {
            if (disposing)
            {
                body.Dispose();
            }

            base.Dispose(disposing);
        }
    }
}
