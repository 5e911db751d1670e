package dev.slipway.operators;

import java.util.List;

/**
 * A program in CUDA C++, compiled for the GPU at hand when an engine is made. It may not include headers: the compiler
 * has none. Its kernels are {@code extern "C" __global__ void} and are launched one after the other with the same
 * parameters: pointers, one for each input of the request, null where it is absent, one for each output, and one to the
 * workspace where that is not empty; behind them numbers, {@code long long} each. Shapes and attributes are written
 * into the text, or given as numbers where a text for each would mean too many programs.
 *
 * @param name of this way to compute, for people: {@code tiled}
 * @param workspaceBytes scratch memory of the device that the kernels share, not cleared
 */
public record CudaSource(String name, String text, List<Launch> launches, long workspaceBytes, List<Long> numbers) {

  public CudaSource {
    launches = List.copyOf(launches);
    numbers = List.copyOf(numbers);
    if (launches.isEmpty() || workspaceBytes < 0) {
      throw new IllegalArgumentException("source " + name + ": " + launches.size() + " launches, workspace of "
          + workspaceBytes + " bytes (expected: at least 1 launch, >= 0 bytes)");
    }
  }

  /** A program without numbers. */
  public CudaSource(String name, String text, List<Launch> launches, long workspaceBytes) {
    this(name, text, launches, workspaceBytes, List.of());
  }

  /** A program of one kernel without workspace. */
  public static CudaSource of(String name, String text, Launch launch) {
    return new CudaSource(name, text, List.of(launch), 0);
  }

  /**
   * One launch of a kernel.
   *
   * @param sharedBytes of dynamic shared memory of each block
   */
  public record Launch(String kernel, Geometry geometry, int sharedBytes) {

    /** Without dynamic shared memory. */
    public Launch(String kernel, Geometry geometry) {
      this(kernel, geometry, 0);
    }
  }

  /** How many threads run a kernel. */
  public sealed interface Geometry {

    /** Blocks of a grid and threads of a block. */
    record Blocks(Extent blocks, Extent threads) implements Geometry {

      /** A thread for each item, in blocks of 256; the last block has threads without one. */
      public static Blocks covering(long items) {
        return new Blocks(Extent.of(Math.toIntExact(Math.ceilDiv(items, 256))), Extent.of(256));
      }
    }

    /**
     * What fills the GPU: blocks as large as let most threads be resident at once, by the registers and the shared
     * memory that the compiled kernel needs, and no more of them than run at once or than the items ask for. The kernel
     * takes items in steps of {@code gridDim.x * blockDim.x}.
     */
    record Occupying(long items) implements Geometry {}
  }

  /** A number of blocks or threads along three axes, at least 1 each. */
  public record Extent(int x, int y, int z) {
    public Extent {
      if (x < 1 || y < 1 || z < 1) {
        throw new IllegalArgumentException("extent: " + x + "x" + y + "x" + z + " (expected: at least 1 each)");
      }
    }

    public static Extent of(int x) {
      return new Extent(x, 1, 1);
    }

    public static Extent of(int x, int y) {
      return new Extent(x, y, 1);
    }
  }
}
