package dev.slipway.backend.cuda;

import dev.slipway.backend.DeviceArguments;
import dev.slipway.backend.DeviceBuffer;
import dev.slipway.backend.Peaks;
import dev.slipway.tensor.DType;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.SplittableRandom;

/**
 * Measures {@link Peaks} of a GPU by its own clock: multiply-adds on registers, large products of cuBLASLt on tensor
 * cores, reading of the second cache and of memory, and nodes of a graph that do nothing. A GPU counts as one thread.
 */
final class PeakMeasurement implements AutoCloseable {
  private static final int SAMPLES = 5;
  private static final int THREADS = 256;
  private static final int BLOCKS_OF_PROCESSOR = 8;
  private static final int MULTIPLY_ADDS = 1 << 14;
  private static final int SUMS = 8;
  private static final int PRODUCT_SIZE = 8192;
  private static final int CACHED_READS = 32;
  private static final long MEMORY_BYTES = 2L << 30;
  private static final int LAUNCHES = 200;

  private static final String SOURCE = """
      extern "C" __global__ void __launch_bounds__(256) multiply_adds(float* out, long long rounds) {
        float sums[8];
        for (int i = 0; i < 8; i++) sums[i] = threadIdx.x + i;
        const float x = 1.f + 1e-7f * threadIdx.x, y = 1e-7f * blockIdx.x;
        for (long long round = 0; round < rounds; round++) {
      #pragma unroll
          for (int i = 0; i < 8; i++) sums[i] = fmaf(sums[i], x, y);
        }
        float sum = 0;
        for (int i = 0; i < 8; i++) sum += sums[i];
        if (sum == 0.12345f) *out = sum;
      }
      extern "C" __global__ void __launch_bounds__(256) reads(const uint4* from, unsigned* out, long long count,
          long long rounds) {
        uint4 all = {0, 0, 0, 0};
        const long long step = (long long) gridDim.x * blockDim.x;
        for (long long round = 0; round < rounds; round++) {
      #pragma unroll 8
          for (long long i = (long long) blockIdx.x * blockDim.x + threadIdx.x; i < count; i += step) {
            uint4 x;
            asm volatile("ld.global.cg.v4.u32 {%0,%1,%2,%3}, [%4];"
                : "=r"(x.x), "=r"(x.y), "=r"(x.z), "=r"(x.w) : "l"(from + i));
            all.x ^= x.x; all.y ^= x.y; all.z ^= x.z; all.w ^= x.w;
          }
        }
        if ((all.x ^ all.y ^ all.z ^ all.w) == 0x12345678u) *out = all.x;
      }
      extern "C" __global__ void nothing() {}
      """;

  private final CudaDevice device;
  private final CudaQueue queue;
  private final DeviceBuffer result;

  private PeakMeasurement(CudaDevice device) {
    this.device = device;
    this.queue = device.newQueue();
    this.result = queue.allocate(Integer.BYTES);
  }

  static Peaks of(CudaDevice device) {
    try (PeakMeasurement measurement = new PeakMeasurement(device)) {
      List<Peaks.Compute> compute = new ArrayList<>();
      compute.add(new Peaks.Compute("FMA", DType.FLOAT32, 1, measurement.multiplyAdds()));
      for (DType type : List.of(DType.FLOAT16, DType.BFLOAT16)) {
        compute.add(new Peaks.Compute("cuBLASLt", type, 1, measurement.products(type)));
      }
      List<Peaks.Memory> memory = List.of(
          measurement.reading("L2", device.cacheBytes(), device.cacheBytes() / 4, CACHED_READS),
          measurement.reading("memory", Long.MAX_VALUE, MEMORY_BYTES, 1));
      return new Peaks(compute, memory, measurement.launchNanos());
    }
  }

  /** The sources, to be compiled without a GPU. */
  static List<KernelCompiler.Source> sources() {
    return List.of(source("multiply_adds"), source("reads"), source("nothing"));
  }

  private static KernelCompiler.Source source(String kernel) {
    return new KernelCompiler.Source(kernel, SOURCE, false);
  }

  private int blocks() {
    return device.multiprocessors() * BLOCKS_OF_PROCESSOR;
  }

  private double multiplyAdds() {
    Runnable run = launch("multiply_adds", blocks(), new Launch.Parameter.Packed(result),
        new Launch.Parameter.Number(MULTIPLY_ADDS));
    return 2.0 * SUMS * MULTIPLY_ADDS * blocks() * THREADS * 1e9 / nanos(run, 1);
  }

  private Peaks.Memory reading(String level, long capacity, long bytes, int rounds) {
    try (CudaQueue own = device.newQueue()) {
      DeviceBuffer from = own.allocate(bytes);
      Runnable run = launch("reads", blocks(), new Launch.Parameter.Packed(from), new Launch.Parameter.Packed(result),
          new Launch.Parameter.Number(bytes / 16), new Launch.Parameter.Number(rounds));
      return new Peaks.Memory(level, capacity, 1, (double) bytes * rounds * 1e9 / nanos(run, 1));
    }
  }

  private double launchNanos() {
    return nanos(launch("nothing", 1), LAUNCHES);
  }

  private Runnable launch(String kernel, int blocks, Launch.Parameter... parameters) {
    Launch launch =
        new Launch(device.function(source(kernel)), Grid.blocks(blocks, THREADS), 0, List.of(parameters));
    DeviceArguments none = new DeviceArguments(List.of(), List.of(), DeviceBuffer.NONE);
    return () -> launch.enqueue(queue, none);
  }

  /** Random factors: tensor cores are faster on zeros, which take less power. */
  private double products(DType type) {
    CublasLt.Matrix matrix = new CublasLt.Matrix(type, PRODUCT_SIZE, PRODUCT_SIZE, PRODUCT_SIZE, 0);
    CublasLt.Problem problem =
        new CublasLt.Problem(matrix, true, matrix, false, matrix, 1, 1, 0, CublasLt.Epilogue.NONE);
    try (CudaQueue own = device.newQueue();
        CublasLt.Product product = device.cublas().product(problem)) {
      CublasLt.Algorithm algorithm = product.algorithms(1, MEMORY_BYTES / 64, CublasLt.ALIGNMENT).getFirst();
      long bytes = (long) PRODUCT_SIZE * PRODUCT_SIZE * Short.BYTES;
      DeviceBuffer left = random(own, type, bytes);
      DeviceBuffer right = random(own, type, bytes);
      DeviceBuffer output = own.allocate(bytes);
      DeviceBuffer workspace = own.allocate(algorithm.workspaceBytes());
      CublasLt.Operands operands =
          new CublasLt.Operands(left.address(), right.address(), output.address(), output.address(), 0);
      Runnable run = () -> product.enqueue(algorithm, operands, workspace.address(), queue.stream());
      return 2 * Math.pow(PRODUCT_SIZE, 3) * 1e9 / nanos(run, 2);
    }
  }

  private static DeviceBuffer random(CudaQueue queue, DType type, long bytes) {
    SplittableRandom random = new SplittableRandom(bytes);
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment values = arena.allocate(bytes);
      for (long i = 0; i < bytes; i += Short.BYTES) {
        float value = random.nextFloat() - 0.5f;
        int bits = type == DType.FLOAT16 ? Float.floatToFloat16(value) : Float.floatToIntBits(value) >>> 16;
        values.set(ValueLayout.JAVA_SHORT, i, (short) bits);
      }
      DeviceBuffer buffer = queue.allocate(bytes);
      queue.upload(values, buffer);
      queue.synchronize();
      return buffer;
    }
  }

  /** Of one of so many runs, at best. */
  private double nanos(Runnable run, int count) {
    run.run();
    queue.synchronize();
    Runnable several = () -> Collections.nCopies(count, run).forEach(Runnable::run);
    return (double) Arrays.stream(queue.nanos(Collections.nCopies(SAMPLES, several))).min().orElseThrow() / count;
  }

  @Override
  public void close() {
    queue.close();
  }
}
