using System.Net;
using SigmaFunctions.Outputs.Webhooks;

namespace SigmaFunctions.Outputs.Tests;

public sealed class AddressGuardTests
{
    [Theory]
    // Anybody's.
    [InlineData("8.8.8.8", true, true)]
    [InlineData("168.63.129.15", true, true)]
    [InlineData("172.15.255.255", true, true)]
    [InlineData("172.32.0.0", true, true)]
    [InlineData("192.169.0.1", true, true)]
    [InlineData("100.63.255.255", true, true)]
    [InlineData("100.128.0.0", true, true)]
    [InlineData("223.255.255.255", true, true)]
    [InlineData("2600:1901::1", true, true)]
    [InlineData("2a00:1450:4001::1", true, true)]
    // Loopback.
    [InlineData("127.0.0.1", false, true)]
    [InlineData("127.255.255.254", false, true)]
    [InlineData("::1", false, true)]
    // Private and shared.
    [InlineData("10.0.0.1", false, true)]
    [InlineData("10.255.255.255", false, true)]
    [InlineData("172.16.0.1", false, true)]
    [InlineData("172.31.255.255", false, true)]
    [InlineData("192.168.1.1", false, true)]
    [InlineData("100.64.0.1", false, true)]
    [InlineData("100.127.255.255", false, true)]
    [InlineData("fc00::1", false, true)]
    [InlineData("fdff:ffff::1", false, true)]
    // Metadata of clouds.
    [InlineData("169.254.169.254", false, false)]
    [InlineData("168.63.129.16", false, false)]
    [InlineData("100.100.100.200", false, false)]
    [InlineData("192.0.0.192", false, false)]
    [InlineData("fd00:ec2::254", false, false)]
    [InlineData("fd20:ce::254", false, false)]
    // Link-local, also with a scope, and site-local.
    [InlineData("169.254.0.1", false, false)]
    [InlineData("fe80::1", false, false)]
    [InlineData("fe80::1%1", false, false)]
    [InlineData("febf::1", false, false)]
    [InlineData("fec0::1", false, false)]
    [InlineData("fd00::1%1", false, false)]
    // Nobody's, everybody's.
    [InlineData("0.0.0.0", false, false)]
    [InlineData("0.1.2.3", false, false)]
    [InlineData("::", false, false)]
    [InlineData("224.0.0.1", false, false)]
    [InlineData("239.255.255.255", false, false)]
    [InlineData("240.0.0.1", false, false)]
    [InlineData("255.255.255.255", false, false)]
    [InlineData("ff02::1", false, false)]
    [InlineData("4000::1", false, false)]
    // Documentation, measuring, protocols.
    [InlineData("192.0.2.1", false, false)]
    [InlineData("198.51.100.1", false, false)]
    [InlineData("203.0.113.1", false, false)]
    [InlineData("198.18.0.1", false, false)]
    [InlineData("198.19.255.255", false, false)]
    [InlineData("192.88.99.1", false, false)]
    [InlineData("2001:db8::1", false, false)]
    [InlineData("3fff::1", false, false)]
    [InlineData("2001:2::1", false, false)]
    [InlineData("100::1", false, false)]
    // IPv4 in IPv6: mapped, compatible, translated, NAT64, 6to4, Teredo (server; client, turned over).
    [InlineData("::ffff:8.8.8.8", true, true)]
    [InlineData("::ffff:10.0.0.1", false, true)]
    [InlineData("::ffff:127.0.0.1", false, true)]
    [InlineData("::ffff:169.254.169.254", false, false)]
    [InlineData("::ffff:168.63.129.16", false, false)]
    [InlineData("::10.0.0.1", false, false)]
    [InlineData("::ffff:0:10.0.0.1", false, false)]
    [InlineData("64:ff9b::8.8.8.8", true, true)]
    [InlineData("64:ff9b::10.0.0.1", false, true)]
    [InlineData("64:ff9b::169.254.169.254", false, false)]
    [InlineData("64:ff9b:1::8.8.8.8", false, false)]
    [InlineData("2002:808:808::1", true, true)]
    [InlineData("2002:a00:1::1", false, true)]
    [InlineData("2002:a9fe:a9fe::1", false, false)]
    [InlineData("2001:0:808:808:0:0:f7f7:f7f7", true, true)]
    [InlineData("2001:0:808:808:0:0:f5ff:fffe", false, true)]
    [InlineData("2001:0:808:808:0:0:5601:5601", false, false)]
    [InlineData("2001:0:a9fe:a9fe:0:0:f7f7:f7f7", false, false)]
    public void An_address_is_allowed_or_not(string address, bool allowed, bool allowedWithPrivate)
    {
        var parsed = IPAddress.Parse(address);

        Assert.Equal((allowed, allowedWithPrivate), (AddressGuard.Allows(parsed, allowsPrivate: false), AddressGuard.Allows(parsed, allowsPrivate: true)));
    }
}
