namespace ModelZoo.Weights.Hdf5;

/// <summary>One message of an object header: its kind and its bytes.</summary>
readonly record struct Hdf5Message(int Type, byte[] Content)
{
    public const int Dataspace = 0x01;
    public const int LinkInfo = 0x02;
    public const int Datatype = 0x03;
    public const int Link = 0x06;
    public const int Layout = 0x08;
    public const int Filters = 0x0b;
    public const int Attribute = 0x0c;
    public const int Continuation = 0x10;
    public const int SymbolTable = 0x11;
    public const int AttributeInfo = 0x15;
}
