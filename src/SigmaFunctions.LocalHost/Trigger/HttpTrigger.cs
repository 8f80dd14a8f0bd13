using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using System.Text.Json;
using SigmaFunctions.LocalHost.Worker;
using SigmaFunctions.LocalHost.Worker.Protocol;

namespace SigmaFunctions.LocalHost.Trigger;

/// <summary>What a function answered over HTTP.</summary>
/// <param name="Status">Status code.</param>
/// <param name="ContentType">Its <c>Content-Type</c>; null where it has none.</param>
/// <param name="Body">Body.</param>
internal sealed record HttpReply(int Status, string? ContentType, ReadOnlyMemory<byte> Body);

/// <summary>
/// The host's part of an HTTP trigger for <c>GET</c> on a route without parameters. Keys are not asked for, as the func tools do not either.
/// </summary>
/// <param name="FunctionId">Id under which the worker knows the function.</param>
/// <param name="Parameter">Parameter that takes the request.</param>
/// <param name="Route">Path below <c>/api/</c>.</param>
internal sealed record HttpTrigger(string FunctionId, string Parameter, string Route)
{
    private const string BindingType = "httpTrigger";

    /// <summary>The functions that an HTTP request triggers.</summary>
    public static ImmutableArray<HttpTrigger> Find(IEnumerable<RpcFunctionMetadata> functions)
    {
        ImmutableArray<HttpTrigger>.Builder found = ImmutableArray.CreateBuilder<HttpTrigger>();
        foreach (RpcFunctionMetadata function in functions)
        {
            foreach (string raw in function.RawBindings)
            {
                using var binding = JsonDocument.Parse(raw);
                JsonElement root = binding.RootElement;
                if (root.TryGetProperty("type", out JsonElement type) && type.ValueEquals(BindingType))
                {
                    found.Add(new HttpTrigger(
                        function.FunctionId,
                        root.GetProperty("name").GetString() ?? "",
                        root.TryGetProperty("route", out JsonElement route) ? route.GetString() ?? function.Name : function.Name));
                }
            }
        }
        return found.ToImmutable();
    }

    /// <summary>Invokes the function.</summary>
    /// <param name="worker">The worker with the function.</param>
    /// <param name="address">Address that was asked for.</param>
    /// <param name="cancellationToken">Ends the invocation.</param>
    /// <returns>Its answer; 500 where it failed.</returns>
    /// <exception cref="WorkerException">The worker ended.</exception>
    public async Task<HttpReply> InvokeAsync(IFunctionWorker worker, Uri address, CancellationToken cancellationToken)
    {
        InvocationResponse response = await worker.InvokeAsync(
            new InvocationRequest
            {
                InvocationId = Guid.NewGuid().ToString(),
                FunctionId = FunctionId,
                TraceContext = TraceContext.Create(isSampled: true),
                InputData =
                {
                    new ParameterBinding { Name = Parameter, Data = new TypedData { Http = new RpcHttp { Method = "GET", Url = address.AbsoluteUri } } },
                },
            },
            cancellationToken);
        if (response.Result.Status == StatusResult.Types.Status.Failure || response.ReturnValue?.Http is not { } http)
        {
            return new HttpReply(500, null, ReadOnlyMemory<byte>.Empty);
        }

        return new HttpReply(
            int.Parse(http.StatusCode, CultureInfo.InvariantCulture),
            http.Headers.FirstOrDefault(header => header.Key.Equals("Content-Type", StringComparison.OrdinalIgnoreCase)).Value,
            http.Body?.DataCase switch
            {
                TypedData.DataOneofCase.Bytes => http.Body.Bytes.Memory,
                TypedData.DataOneofCase.String => Encoding.UTF8.GetBytes(http.Body.String),
                _ => ReadOnlyMemory<byte>.Empty,
            });
    }
}
