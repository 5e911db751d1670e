package dev.slipway.backend.cpu;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/** A {@link WindowKernel} in machine code: one call for all rows of the planes of an image. */
final class MachineWindow implements WindowKernel {
  private final WindowSpec spec;
  private final ConvShape shape;
  private final MachineCode code;
  private final MemorySegment rows;
  private final Optional<EpiloguePass> pass;

  MachineWindow(WindowSpec spec, Isa isa, GeneratedCode codes, MicroKernels kernels) {
    this.spec = spec;
    boolean fused = codes.answer(
        "windows fuse " + isa + " " + spec.epilogue(), () -> WindowCode.fuses(spec.epilogue(), isa));
    shape = spec.shape();
    WindowSpec assembled = fused ? spec : spec.withEpilogue(Epilogue.NONE);
    code = codes.get("window " + isa + " " + assembled, () -> WindowCode.assemble(assembled, isa));
    rows = rows();
    pass = fused
        ? Optional.empty()
        : Optional.of(new EpiloguePass(kernels, spec.epilogue(), PointwiseSpec.Motion.VECTOR));
  }

  private MemorySegment rows() {
    Arena arena = Arena.ofAuto();
    MemorySegment table = arena.allocate((long) shape.outHeight() * WindowCode.ROW_BYTES, Memory.ALIGNMENT);
    Map<Integer, MemorySegment> scales = new HashMap<>();
    for (int y = 0; y < shape.outHeight(); y++) {
      WindowSpec.Taps taps = spec.rowTaps(y);
      long first = (long) y * shape.strideHeight() - shape.padTop() + (long) taps.first() * shape.dilationHeight();
      long row = (long) y * WindowCode.ROW_BYTES;
      set(table, row + WindowCode.ROW_INPUT, first * spec.inRowBytes() - (long) shape.padLeft() * spec.vectorBytes());
      set(table, row + WindowCode.ROW_WEIGHTS, (long) taps.first() * shape.kernelWidth() * spec.vectorBytes());
      set(table, row + WindowCode.ROW_TAPS, taps.count());
      if (spec.reduction() == WindowSpec.Reduction.MEAN) {
        int line = y;
        MemorySegment scale = scales.computeIfAbsent(spec.countedRows(y), _ -> scales(arena, line));
        set(table, row + WindowCode.ROW_SCALES, scale.address());
      }
    }
    return table;
  }

  private static void set(MemorySegment table, long at, long value) {
    table.set(ValueLayout.JAVA_LONG, at, value);
  }

  private MemorySegment scales(Arena arena, int y) {
    MemorySegment scales = arena.allocate((long) shape.outWidth() * Float.BYTES, Memory.ALIGNMENT);
    for (int x = 0; x < shape.outWidth(); x++) {
      scales.setAtIndex(ValueLayout.JAVA_FLOAT, x, 1f / spec.divisor(x, y));
    }
    return scales;
  }

  @Override
  public void run(ConvOperands at, int planeFrom, int planeTo, int rowFrom, int rowTo) {
    int blocks = spec.blocks();
    int end;
    for (int plane = planeFrom; plane < planeTo; plane = end) {
      end = Math.min(planeTo, (plane / blocks + 1) * blocks);
      image(at, plane, end - plane, rowFrom, rowTo);
    }
  }

  /** Planes of one image. */
  private void image(ConvOperands at, int plane, int planes, int rowFrom, int rowTo) {
    int block = plane % spec.blocks();
    long out = ((long) plane * shape.outHeight() + rowFrom) * spec.outRowBytes();
    code.run(
        at.input() + (long) plane * shape.inHeight() * spec.inRowBytes(),
        at.weights() + (long) block * shape.kernelHeight() * shape.kernelWidth() * spec.vectorBytes(),
        at.bias() + (long) block * spec.vectorBytes(),
        at.output() + out,
        rows.address() + (long) rowFrom * WindowCode.ROW_BYTES,
        (long) planes << Integer.SIZE | rowTo - rowFrom,
        at.side0() + spec.sideOffset(0, out, block),
        at.side1() + spec.sideOffset(1, out, block));
    for (int i = 0; pass.isPresent() && i < planes; i++) {
      pass(pass.get(), at, plane + i, rowFrom, rowTo);
    }
  }

  private void pass(EpiloguePass epilogue, ConvOperands at, int plane, int rowFrom, int rowTo) {
    int block = plane % spec.blocks();
    long out = ((long) plane * shape.outHeight() + rowFrom) * spec.outRowBytes();
    epilogue.run(
        at.output() + out,
        at.side0() + spec.sideOffset(0, out, block),
        at.side1() + spec.sideOffset(1, out, block),
        at.side2() + spec.sideOffset(2, out, block),
        (rowTo - rowFrom) * shape.outWidth() * spec.lanes());
  }
}
