using System.Security.Cryptography;
using ModelZoo.Xet;

namespace ModelZoo.Tests.Xet;

/// <summary>What other implementations compute for the same content (xet-core, aggregated_hashes.rs and data_hash.rs; cross-checked with huggingface.js).</summary>
public sealed class PublishedVectorTests
{
    /// <summary>1,000,000 bytes of the SplitMix64 stream: where its chunks end, and their hashes.</summary>
    static readonly (int End, string Hash)[] s_million =
    [
        (84493, "6eca1e7dadaf08cca5d82d318c800f07c2ddcec115a7e8627e5edd9605b94b8d"),
        (134421, "624ea34d72a06e5d43a1b8dd10763f0d22f165992c397ed97563899b27fdd88a"),
        (144853, "4411d2ec847c6e3f451a7451ff3933adb4f1c31587421b9f730b698a78313b47"),
        (243318, "6342bde97433e29e0779ad33eb8040d986679040361b3cc3a06230fe60dd6c9b"),
        (271793, "405253fcf15bba751adc4f507d3453273daff81ed4d8acd71c521aa1cbddc0b5"),
        (336457, "4482374af7f8bebfdb5c5df0299f80128d6c58886ad7b218c562b1d74064e4cb"),
        (467529, "80acc8d39c853b4b8a8c6ad7b63bf2ea68f62c2226b92f06349f92cc84d213cc"),
        (494581, "a7076d7d343f711fb20fe6cd023248d8d051e8fe7d44172596cd5c7ea7edaf65"),
        (582000, "44755217bbb4dadc81ea7695765230a34a2e6cb3b55f373f1de35aeba79ae92c"),
        (596735, "001adc1d302d5f039278325dcbd5ec3b194f4794f1629d6f962f9f4bb78a7bff"),
        (616815, "f8460a337c186f07c2e225bb287a1d3d3d686dc69d0828e99640f7d8852c5b90"),
        (653164, "c9bc3da29025dc1ba562d303d815151d9a937367abb766ae842a165e8493d9fe"),
        (678202, "5044339dfd65e8163bdfe642614a6be604b04d6aeacf222cf219ad287bfc5cf1"),
        (724510, "163622db0fe0da93f2ef964eed4c485f3c7a9c312f8e8e8a312ab4bb8141f13e"),
        (815591, "e1730534a858aa0258ad8904ef12b829b8a123a1c611250275c9ca9471e4c650"),
        (827760, "1fbc6854f9185caba1e1f55393f41f83b895b18f9c99245c029025ca48f1e14b"),
        (958832, "8a27b66ccf05b864b6bef6fb5c970fe894f73d2330e8e98fe7841dcdbd9e9576"),
        (991092, "bc70a33e7a9ec820cac24b87023469a57bdae1bf91cc3961b95806c64a525221"),
        (1000000, "03e5b5f5a088269ec4b329f1e04debfac4cb54b9c0facf038f7e8e0f054be7e2"),
    ];

    static readonly string[] s_base =
    [
        "0000000000000000000000000000000000000000000000000000000000000000",
        "cfc5d07f6f03c29bbf424132963fe08d19a37d5757aaf520bf08119f05cd56d6",
        "c3e67584b5c4fc2a89837ec39e40f2c8a6bb0b2987ac94cd4b31e5fbdd210a72",
        "0d2beb91b9196929a5ddec9f6e306924ddf4a24268e3e59fd8464738d525af37",
        "adf8773496a9b7319b2e50dc98093f344053b17d8ad37100b9c07d9805988784",
        "4ac202caf347fc1e9c874b1ef6a1c5e619141eb775a6f43f0f0124ccd0060d9e",
        "b3b28636f65c149ea52eb1f94669466f70f033b54cea792824c696ba6ef3c389",
        "0e2c1a002aae913d2c0fc8ddfa4e9e14b7b311b3b0d458726d5d9f6a6318013c",
    ];

    [Fact]
    public void The_text_form_reverses_each_group_of_eight_bytes()
    {
        byte[] bytes = [.. Enumerable.Range(0, 32).Select(i => (byte)i)];
        var hash = XetHash.FromBytes(bytes);
        Assert.Equal("07060504030201000f0e0d0c0b0a090817161514131211101f1e1d1c1b1a1918", hash.ToString());
        Assert.Equal(hash, XetHash.Parse(hash.ToString()));
        Assert.Equal(bytes, hash.ToBytes());
        Assert.Equal(0x1f1e1d1c1b1a1918ul, hash.Value);
    }

    [Fact]
    public void A_sha256_is_stored_so_that_its_text_is_the_ordinary_hex()
    {
        var digest = SHA256.HashData("abc"u8);
        var stored = XetHash.FromSha256(digest);
        Assert.Equal(Convert.ToHexStringLower(digest), stored.ToString());
        Assert.Equal(digest, stored.ToSha256());
        Assert.Equal(stored, XetHash.Parse(Convert.ToHexStringLower(digest)));
    }

    [Fact]
    public void A_short_file_is_one_chunk()
    {
        var chunks = Made.Lengths(Made.Chunks("Hello, World!\n"u8));
        Assert.Equal("a7cc7fbd5cfe32e077552ebacd696b21346b81476b5100c38e1712a2db6a4020", Assert.Single(chunks).Hash.ToString());
        Assert.Equal("7eba882906338d749ec3946b826d156d18863315cd048acd7f7ff24fadaec173", MerkleAggregation.OfFile(chunks).ToString());
    }

    [Fact]
    public void Zeros_are_cut_at_the_maximum()
    {
        var chunks = Made.Chunks(new byte[300_000]);
        Assert.Equal([131072, 262144, 300000], chunks.Select(chunk => chunk.End));
        Assert.Equal(
            ["2e39f13c248013b27e22913ba2893a654120ed0ad8eb7ecbf3f05b9d708634fc", "2e39f13c248013b27e22913ba2893a654120ed0ad8eb7ecbf3f05b9d708634fc", "9b0a79fb7a9b2632483530fce1c82092edd9b94a8690abc12f700bc530d950b0"],
            chunks.Select(chunk => chunk.Hash.ToString()));
        var lengths = Made.Lengths(chunks);
        Assert.Equal("c2c391c2780688107997606ed6798520928296386f08a43bdf7e28cd1b06b37b", MerkleAggregation.OfXorb(lengths).ToString());
        Assert.Equal("3d7bd4178bc2851ba07d59c24c3a88ae0c7220e9920d6c5c6a06b01556d46404", MerkleAggregation.OfFile(lengths).ToString());
    }

    [Fact]
    public void A_constant_byte_is_cut_at_the_maximum() =>
        Assert.Equal([.. Enumerable.Range(1, 7).Select(i => i * 131072), 1_000_000], Made.Chunks(Enumerable.Repeat((byte)59, 1_000_000).ToArray()).Select(chunk => chunk.End));

    [Fact]
    public void A_million_random_bytes_give_the_published_chunks_xorb_and_file()
    {
        var content = Made.Random(1_000_000);
        Assert.Equal((175, 132, 118), (content[0], content[127], content[111111]));
        Assert.Equal("b3d0a1f7938cd4d8413a4dcffd4313e2e8ac0cb61cb1090eb140ea8e9154befb", Convert.ToHexStringLower(SHA256.HashData(content)));
        var chunks = Made.Chunks(content);
        Assert.Equal(s_million, chunks.Select(chunk => (chunk.End, chunk.Hash.ToString())));
        var lengths = Made.Lengths(chunks);
        Assert.Equal("6f2ce16ca5e317f0100ff0e7e5bf40a0de9032e9ee1ad04b6b8ff4e36cdfbf6c", MerkleAggregation.OfXorb(lengths).ToString());
        Assert.Equal("3d17b2d7d64a0e011b6717a52d9a16bd2c3f05b743fa8adf52a7d75dafab6d89", MerkleAggregation.OfFile(lengths).ToString());
        XetHash[] hashes = [.. lengths.Select(chunk => chunk.Hash)];
        Assert.Equal("6daf15a7ed258b91f607e8f5e6723a8564292d12c8104c156f7bad9c255a0180", XetHashes.OfVerification(hashes).ToString());
        Assert.Equal("9d229909f34de2ef9143bb807ab4862894ff855af45ff18f79063400cb72383a", XetHashes.OfVerification(hashes.AsSpan(0, 3)).ToString());
    }

    [Theory]
    [InlineData("", "0000000000000000000000000000000000000000000000000000000000000000", "0000000000000000000000000000000000000000000000000000000000000000")]
    [InlineData("0", "0000000000000000000000000000000000000000000000000000000000000000", "638a6bc391964a85939d48f008e8bdbae6a7975e7ca2d87a3ce2492f4e4d8a4c")]
    [InlineData("1", "cfc5d07f6f03c29bbf424132963fe08d19a37d5757aaf520bf08119f05cd56d6", "8e16257caa3fe079d484d872a8975264b2ff683b0d6db9028cc7c0f968a45661")]
    [InlineData("123", "71ec1275fca074724e2dd666921b3277c7cee603e4d025bcab2d4050015be2bc", "54e55dccc6653c612bdb5576c5d3cb34bb31bc4e100248abccf4c908b3ef7715")]
    [InlineData("1111", "89f2ada89ff8c96763c6b25010e6dd76a4c05b1466207633ea559acf2093211b", "2cdba690d0e09563596e0cda626d43eb4c96ef1e994fe72d9b2f5a83cfcd36dd")]
    [InlineData("1212", "90f8313ef12df385d237a067aded02562c35ded12116e32eba401dbc86c38031", "284ea045e5a579e99c21ec597c20de1fc0c09e7168162aac00db8f61b3d82dbb")]
    [InlineData("121234", "52c826f99507aa05d0b45e9837fa1709e0485425cfbcb1e80db3905cf98b3ee9", "91d21684db364c8883ab8209fa5eb2e781cf07f37e1fa43e731c30839afe422f")]
    [InlineData("0101", "e1755c85be07fd6b7a8d7becc85e6d8c5f507f2a3d38b316bcb6f97855e72188", "207caf24fce045ac6d873b4c6186a5a435d600d103e1ae345e55ddf1f4b7f7ef")]
    [InlineData("01010", "f36c6a6374a567efd36ed087aeb680b57e3af4e0b5b8e7be2593df4cb647a2de", "ab2f46d31855e1133b3b5b70e78f841394a648710a208923b221c1a8a0572a1f")]
    [InlineData("10", "e8660f81494ca836a58e395c1395ef97870ed71e2b113eec1fab6b3361f46dd6", "274d92f7e2acebaa2b8d63c0b5e7a4fc15814a606e3e3825d55609e671bcc5d9")]
    [InlineData("3453", "73b9dc802ab03a0855c66823a18d95c2a785af594535756abf405038b6270cb8", "c7d5be75ef5ec12888027ad305141e4109e599494477661177475c84e12de48b")]
    [InlineData("34555", "2c1fd1eca47e284512fcb40fcf45a1874939f9b91c774d46aeba5d004d9d263d", "0799ba7ee2c3fed173a8e8d832cd13970ddc16070ffbc8aa6dcd77476f66dc73")]
    [InlineData("01234567", "f62abe77e3fb9c954fe52b0028027ddc90c064c45951a4fd2211d87e5c0011db", "d1b068be5bbdb38992269e8efe61f601881e39f7a7585fd76883cc6ea5c23b44")]
    [InlineData("0123456701234567012345670123456701234567012345670123456701234567", "6554007c9b5d0a5e7918f79596a1b68815c1407535585435f5735db761f21b88", "a8640ab81d48854e00078e12b1ea8be5d90be0ffb5f73a15b7009981d093ddd8")]
    [InlineData("11111111111111111111111111111111", "0a0123c1617921883b7e13902095fcb86676e77c49120c33b233003b0af0e0a6", "53af4711fd1d5e5bdc7f931b6be932314d8d673cb16ad2482f6f5222eaf9e63d")]
    [InlineData("012345671111", "e7fc30b73ec9930593f80fe777b334e9d3bb73e45e6a79fa5784b2603446158b", "69e1af2fd6023ce133e0d1b90e32d1d42ef79f5a710f2b0accfc3a735e98de9d")]
    [InlineData("0011223344556677", "636c65db520ec16e8166f9ec7a0cf9f74b26369077ac60160ec0221c86bc9f77", "6a90ad0d6f5246ac61f1de898c6944c03e14004a1368e6fb23387108c4d039e0")]
    public void Lists_of_chunks_aggregate_as_published(string list, string xorb, string file)
    {
        XetChunk[] chunks = [.. list.Select(digit => new XetChunk(XetHash.Parse(s_base[digit - '0']), (digit - '0') * 100))];
        Assert.Equal(xorb, MerkleAggregation.OfXorb(chunks).ToString());
        Assert.Equal(file, MerkleAggregation.OfFile(chunks).ToString());
    }
}
