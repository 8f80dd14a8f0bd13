using System.Collections.Immutable;
using System.Net;
using System.Net.Sockets;

namespace SigmaFunctions.Outputs.Webhooks;

/// <summary>
/// Which addresses a webhook may be at. Whoever writes a setting or a name server's records shall not make the app speak to what only the app can reach.
/// </summary>
/// <remarks>
/// Of IPv6, only what is given out as global unicast is allowed; a form of IPv6 that stands for an IPv4 address (mapped, NAT64, 6to4, Teredo) is what that is.
/// </remarks>
public static class AddressGuard
{
    private enum Room
    {
        Open,
        Private,
        Closed,
    }

    private static readonly ImmutableArray<IPNetwork> PrivateNetworks =
    [
        IPNetwork.Parse("10.0.0.0/8"),
        IPNetwork.Parse("100.64.0.0/10"), // Carriers' NAT, and what clouds and clusters number their insides with.
        IPNetwork.Parse("127.0.0.0/8"),
        IPNetwork.Parse("172.16.0.0/12"),
        IPNetwork.Parse("192.168.0.0/16"),
        IPNetwork.Parse("::1/128"),
        IPNetwork.Parse("fc00::/7"),
    ];

    private static readonly ImmutableArray<IPNetwork> ClosedNetworks =
    [
        IPNetwork.Parse("0.0.0.0/8"),
        IPNetwork.Parse("100.100.100.200/32"), // Metadata of Alibaba Cloud.
        IPNetwork.Parse("168.63.129.16/32"), // Azure's host: metadata, DNS, health probes.
        IPNetwork.Parse("169.254.0.0/16"), // Link-local, with the metadata of most clouds.
        IPNetwork.Parse("192.0.0.0/24"), // Protocols, with the metadata of Oracle Cloud.
        IPNetwork.Parse("192.0.2.0/24"), // Documentation, as two more below.
        IPNetwork.Parse("192.88.99.0/24"), // Relays of 6to4.
        IPNetwork.Parse("198.18.0.0/15"), // Measuring.
        IPNetwork.Parse("198.51.100.0/24"),
        IPNetwork.Parse("203.0.113.0/24"),
        IPNetwork.Parse("224.0.0.0/4"), // Multicast.
        IPNetwork.Parse("240.0.0.0/4"), // Reserved, and broadcast.
        IPNetwork.Parse("2001::/23"), // Protocols.
        IPNetwork.Parse("2001:db8::/32"), // Documentation.
        IPNetwork.Parse("3fff::/20"), // Documentation.
        IPNetwork.Parse("fd00:ec2::254/128"), // Metadata of AWS.
        IPNetwork.Parse("fd20:ce::254/128"), // Metadata of Google Cloud.
    ];

    private static readonly IPNetwork GlobalUnicast = IPNetwork.Parse("2000::/3");
    private static readonly IPNetwork Nat64 = IPNetwork.Parse("64:ff9b::/96");
    private static readonly IPNetwork SixToFour = IPNetwork.Parse("2002::/16");
    private static readonly IPNetwork Teredo = IPNetwork.Parse("2001::/32");

    /// <summary>Whether it may be connected to.</summary>
    /// <param name="address">The address itself, not a name for it.</param>
    /// <param name="allowsPrivate">Whether loopback, private (RFC 1918, <c>fc00::/7</c>) and shared (<c>100.64.0.0/10</c>) addresses may be.</param>
    public static bool Allows(IPAddress address, bool allowsPrivate)
    {
        ArgumentNullException.ThrowIfNull(address);
        return RoomOf(address) switch
        {
            Room.Open => true,
            Room.Private => allowsPrivate,
            _ => false,
        };
    }

    private static Room RoomOf(IPAddress address)
    {
        if (address.AddressFamily != AddressFamily.InterNetworkV6)
        {
            return address.AddressFamily == AddressFamily.InterNetwork ? Listed(address) ?? Room.Open : Room.Closed;
        }

        if (address.ScopeId != 0)
        {
            return Room.Closed;
        }

        byte[] bytes = address.GetAddressBytes();
        if (address.IsIPv4MappedToIPv6 || Nat64.Contains(address))
        {
            return RoomOf(new IPAddress(bytes.AsSpan(12, 4)));
        }

        if (SixToFour.Contains(address))
        {
            return RoomOf(new IPAddress(bytes.AsSpan(2, 4)));
        }

        if (Teredo.Contains(address))
        {
            // The client's address is kept with every bit turned over.
            IPAddress client = new([(byte)~bytes[12], (byte)~bytes[13], (byte)~bytes[14], (byte)~bytes[15]]);
            return Narrower(RoomOf(new IPAddress(bytes.AsSpan(4, 4))), RoomOf(client));
        }

        return Listed(address) ?? (GlobalUnicast.Contains(address) ? Room.Open : Room.Closed);
    }

    private static Room? Listed(IPAddress address) =>
        ClosedNetworks.Any(network => network.Contains(address)) ? Room.Closed
        : PrivateNetworks.Any(network => network.Contains(address)) ? Room.Private
        : null;

    private static Room Narrower(Room one, Room other) => one > other ? one : other;
}
