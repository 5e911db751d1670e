package dev.slipway.backend.cpu;

import dev.slipway.backend.Kernel;
import dev.slipway.backend.KernelArguments;
import dev.slipway.backend.KernelRequest;
import dev.slipway.backend.PackedConstants;
import dev.slipway.backend.Support;
import dev.slipway.backend.Tactic;
import dev.slipway.backend.TacticId;
import dev.slipway.backend.TuningChoice;
import dev.slipway.operators.Resize;
import dev.slipway.tensor.DType;
import dev.slipway.tensor.Layout;
import dev.slipway.tensor.TensorType;
import java.lang.foreign.MemorySegment;

/**
 * Nearest-neighbour enlargement of pictures by whole factors, float32 contiguous: each element becomes a small
 * rectangle.
 */
final class NearestResize implements Tactic {
  private static final TacticId ID = new TacticId("resize_nearest_f32", 1);
  private static final double BYTES_PER_MICRO = 4000;

  @Override
  public TacticId id() {
    return ID;
  }

  @Override
  public Support supports(KernelRequest request) {
    if (!(request.op() instanceof Resize resize)) {
      return new Support.Unsupported("operator " + request.op().schema().name() + " (expected: Resize)");
    }
    TensorType in = request.input(0);
    TensorType out = request.output();
    if (in.dtype() != DType.FLOAT32 || !in.layout().equals(Layout.CONTIGUOUS) || in.shape().rank() != 4) {
      return new Support.Unsupported(in + " to " + out + " (expected: float32 of rank 4, contiguous)");
    }
    if (!repeatsElements(resize)) {
      return new Support.Unsupported("mode " + resize.mode() + ", " + resize.coordinates() + ", "
          + resize.nearestMode() + " (expected: nearest with positions that repeat elements)");
    }
    long[] from = in.shape().known();
    long[] to = out.shape().known();
    if (from[0] != to[0] || from[1] != to[1] || from[2] == 0 || from[3] == 0
        || to[2] % from[2] != 0 || to[3] % from[3] != 0) {
      return new Support.Unsupported(in.shape() + " to " + out.shape()
          + " (expected: whole factors of height and width)");
    }
    return new Support.Supported(1 + out.bytes() / BYTES_PER_MICRO);
  }

  /** Whether whole factors repeat each element so often: floor of x / factor. */
  private static boolean repeatsElements(Resize resize) {
    if (resize.mode() != Resize.Mode.NEAREST) {
      return false;
    }
    boolean floors = resize.coordinates() == Resize.Coordinates.ASYMMETRIC
        && resize.nearestMode() == Resize.NearestMode.FLOOR;
    boolean centres = (resize.coordinates() == Resize.Coordinates.HALF_PIXEL
            || resize.coordinates() == Resize.Coordinates.PYTORCH_HALF_PIXEL)
        && (resize.nearestMode() == Resize.NearestMode.ROUND_PREFER_FLOOR
            || resize.nearestMode() == Resize.NearestMode.ROUND_PREFER_CEIL);
    return floors || centres;
  }

  @Override
  public Kernel build(KernelRequest request, TuningChoice choice, PackedConstants constants) {
    long[] from = request.input(0).shape().known();
    long[] to = request.output().shape().known();
    long planes = from[0] * from[1];
    int high = (int) (to[2] / from[2]);
    int wide = (int) (to[3] / from[3]);
    return new Enlarge(
        planes, (int) from[2], (int) from[3], high, wide, request.input(0).bytes(), request.output().bytes());
  }

  private record Enlarge(
      long planes, int height, int width, int high, int wide, long bytesIn, long bytesOut)
      implements Kernel {
    @Override
    public void run(KernelArguments arguments) {
      long in = AddressSpace.address(arguments.input(0), bytesIn, "input");
      long out = AddressSpace.address(arguments.output(), bytesOut, "output");
      long rowIn = (long) width * Float.BYTES;
      long rowOut = rowIn * wide;
      for (long row = 0; row < planes * height; row++) {
        long to = out + row * high * rowOut;
        widen(in + row * rowIn, to);
        for (int copy = 1; copy < high; copy++) {
          MemorySegment.copy(AddressSpace.ALL, to, AddressSpace.ALL, to + copy * rowOut, rowOut);
        }
      }
    }

    private void widen(long from, long to) {
      for (int x = 0; x < width; x++) {
        float value = AddressSpace.get(from + (long) x * Float.BYTES);
        for (int copy = 0; copy < wide; copy++) {
          AddressSpace.set(to, value);
          to += Float.BYTES;
        }
      }
    }
  }
}
