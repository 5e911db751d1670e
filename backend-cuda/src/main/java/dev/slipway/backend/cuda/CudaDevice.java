package dev.slipway.backend.cuda;

import dev.slipway.backend.Artifacts;
import dev.slipway.backend.Device;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;

/** One GPU, opened: its compiler and libraries, and queues on it. Thread-safe. */
interface CudaDevice extends AutoCloseable {

  Device device();

  int multiprocessors();

  /** Bytes of the second cache. */
  long cacheBytes();

  /** Whether tensor cores multiply float32 rounded to TensorFloat-32. */
  boolean hasTensorFloat32();

  /** Whether four warps multiply together, out of a block's memory, as on Hopper. */
  boolean hasWarpgroups();

  /** Whether tensor cores multiply float8. */
  boolean hasFloat8();

  /** The compiled kernel of a source. */
  long function(KernelCompiler.Source source);

  /** What fills the device with threads of a kernel that takes items in steps of the grid. */
  Grid occupying(long function, int sharedBytes, long items);

  /** The library, with the context current. */
  CublasLt cublas();

  /** The library, with the context current. */
  Cudnn cudnn();

  /** Plans with a handle that nobody else uses meanwhile, the context being current. */
  <T> T plan(Function<Cudnn.Handle, T> work);

  /** What was compiled and chosen for this device. */
  Artifacts artifacts();

  /** Closes something of a library together with this. */
  <T extends AutoCloseable> T keep(T resource);

  CudaQueue newQueue();

  /** Resources that are open, to find leaks. */
  long openCount();

  /** A kernel that has no anchor. */
  default GeneratedKernel kernel(ElementSource source) {
    return kernel(source, List.of());
  }

  /** @param anchor what the anchor's parameters point to */
  default GeneratedKernel kernel(ElementSource source, List<Launch.Parameter> anchor) {
    List<Launch.Parameter> pointers = new ArrayList<>(anchor);
    pointers.addAll(source.sidesAndOutput());
    return GeneratedKernel.of(this, new Launch(function(source.write()), source.grid(), 0, pointers));
  }

  /** @param parameters what the parameters between the input and the output point to */
  default GeneratedKernel kernel(RowSource source, List<Launch.Parameter> parameters) {
    List<Launch.Parameter> pointers = new ArrayList<>();
    pointers.add(new Launch.Parameter.Input(0));
    pointers.addAll(parameters);
    pointers.add(new Launch.Parameter.Output(0));
    return GeneratedKernel.of(this, new Launch(function(source.end()), source.grid(), 0, pointers));
  }

  @Override
  void close();
}
