using System.Runtime.InteropServices;
using System.Text;

namespace Sequor.Training.Distributed;

/// <summary>The functions and constants of Open MPI 4 and 5 (libmpi.so.40) that a group needs.</summary>
/// <remarks>Open MPI loads its own parts behind it, which look for its symbols in the global scope; handles are addresses of its objects.</remarks>
internal sealed unsafe class MpiLibrary
{
    internal const string FileName = "libmpi.so.40";

    /// <summary>How to get it.</summary>
    internal const string Advice = "install it (Debian and Ubuntu: apt install openmpi-bin libopenmpi3; Fedora: dnf install openmpi)";

    /// <summary>Place of data that an operation reads where it leaves its result.</summary>
    internal static readonly void* InPlace = (void*)1;
    private const int Now = 2;
    private const int Global = 0x100;
    private const int ShortString = 256;
    private const int LongString = 8192;
    private readonly nint _library;

    private MpiLibrary(nint library)
    {
        _library = library;
        World = Symbol("ompi_mpi_comm_world");
        Float = Symbol("ompi_mpi_float");
        Double = Symbol("ompi_mpi_double");
        Byte = Symbol("ompi_mpi_byte");
        Word = Symbol("ompi_mpi_unsigned");
        Sum = Symbol("ompi_mpi_op_sum");
        ErrorsReturn = Symbol("ompi_mpi_errors_return");
        Init = (delegate* unmanaged<void*, void*, int, int*, int>)Symbol("MPI_Init_thread");
        Finish = (delegate* unmanaged<int>)Symbol("MPI_Finalize");
        SetErrorHandler = (delegate* unmanaged<nint, nint, int>)Symbol("MPI_Comm_set_errhandler");
        Rank = (delegate* unmanaged<nint, int*, int>)Symbol("MPI_Comm_rank");
        Size = (delegate* unmanaged<nint, int*, int>)Symbol("MPI_Comm_size");
        AllReduce = (delegate* unmanaged<void*, void*, int, nint, nint, nint, nint*, int>)Symbol("MPI_Iallreduce");
        AllGather = (delegate* unmanaged<void*, int, nint, void*, int*, int*, nint, nint, nint*, int>)Symbol("MPI_Iallgatherv");
        AllToAll = (delegate* unmanaged<void*, int*, int*, nint, void*, int*, int*, nint, nint, nint*, int>)Symbol("MPI_Ialltoallv");
        Broadcast = (delegate* unmanaged<void*, int, nint, int, nint, nint*, int>)Symbol("MPI_Ibcast");
        Barrier = (delegate* unmanaged<nint, nint*, int>)Symbol("MPI_Ibarrier");
        Test = (delegate* unmanaged<nint*, int*, void*, int>)Symbol("MPI_Test");
        Send = (delegate* unmanaged<void*, int, nint, int, int, nint, nint*, int>)Symbol("MPI_Isend");
        Receive = (delegate* unmanaged<void*, int, nint, int, int, nint, nint*, int>)Symbol("MPI_Irecv");
        Cancel = (delegate* unmanaged<nint*, int>)Symbol("MPI_Cancel");
        Free = (delegate* unmanaged<nint*, int>)Symbol("MPI_Request_free");
    }

    internal nint World { get; }

    internal nint Float { get; }

    internal nint Double { get; }

    internal nint Byte { get; }

    internal nint Word { get; }

    internal nint Sum { get; }

    internal nint ErrorsReturn { get; }

    internal delegate* unmanaged<void*, void*, int, int*, int> Init { get; }

    internal delegate* unmanaged<int> Finish { get; }

    internal delegate* unmanaged<nint, nint, int> SetErrorHandler { get; }

    internal delegate* unmanaged<nint, int*, int> Rank { get; }

    internal delegate* unmanaged<nint, int*, int> Size { get; }

    internal delegate* unmanaged<void*, void*, int, nint, nint, nint, nint*, int> AllReduce { get; }

    internal delegate* unmanaged<void*, int, nint, void*, int*, int*, nint, nint, nint*, int> AllGather { get; }

    internal delegate* unmanaged<void*, int*, int*, nint, void*, int*, int*, nint, nint, nint*, int> AllToAll { get; }

    internal delegate* unmanaged<void*, int, nint, int, nint, nint*, int> Broadcast { get; }

    internal delegate* unmanaged<nint, nint*, int> Barrier { get; }

    internal delegate* unmanaged<nint*, int*, void*, int> Test { get; }

    internal delegate* unmanaged<void*, int, nint, int, int, nint, nint*, int> Send { get; }

    internal delegate* unmanaged<void*, int, nint, int, int, nint, nint*, int> Receive { get; }

    internal delegate* unmanaged<nint*, int> Cancel { get; }

    internal delegate* unmanaged<nint*, int> Free { get; }

    /// <summary>Loads the library.</summary>
    /// <exception cref="InvalidInputException">It is not there, or it is not Open MPI.</exception>
    internal static MpiLibrary Load() => new(Open() ?? throw new InvalidInputException($"Open MPI ({FileName}) is not there, over which the ranks meet: {Advice}"));

    /// <summary>The version of the library in a line, or null where there is none.</summary>
    internal static string? Version()
    {
        if (Open() is not { } library) return null;
        byte* text = stackalloc byte[LongString];
        int length = 0;
        if (!NativeLibrary.TryGetExport(library, "MPI_Get_library_version", out nint version)) return null;
        _ = ((delegate* unmanaged<byte*, int*, int>)version)(text, &length);
        return Encoding.UTF8.GetString(text, length).TrimEnd('\0').Split(',')[0];
    }

    /// <summary>What an error code means.</summary>
    internal string Explain(int code)
    {
        byte* text = stackalloc byte[ShortString];
        int length = 0;
        _ = ((delegate* unmanaged<int, byte*, int*, int>)Symbol("MPI_Error_string"))(code, text, &length);
        return Encoding.UTF8.GetString(text, length);
    }

    private static nint? Open()
    {
        if (!OperatingSystem.IsLinux()) return null;
        return LoadGlobally(FileName, Now | Global) == 0 || !NativeLibrary.TryLoad(FileName, out nint library) ? null : library;
    }

    private nint Symbol(string name) => NativeLibrary.TryGetExport(_library, name, out nint address)
        ? address
        : throw new InvalidInputException($"{FileName} has no {name}, so it is not Open MPI 4 or 5; MPICH and its relatives do not fit: {Advice}");

    [DllImport("libc.so.6", EntryPoint = "dlopen")]
    private static extern nint LoadGlobally([MarshalAs(UnmanagedType.LPUTF8Str)] string fileName, int flags);
}
