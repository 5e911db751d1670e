package dev.slipway.backend.cpu;

import java.util.List;
import java.util.stream.IntStream;

/**
 * Normalisation of rows as machine code: a pass for the mean, one for the variance, one for the result. The second
 * reads what the first left near, and asks for the results' places and for the next rows.
 */
final class NormalizationCode {
  private static final Gpr FROM = Gpr.RDI;
  private static final Gpr TO = Gpr.RSI;
  private static final Gpr ROWS = Gpr.RDX;
  private static final Gpr SCALE = Gpr.RCX;
  private static final Gpr BIAS = Gpr.R8;
  private static final Gpr MEANS = Gpr.R9;
  private static final Gpr DEVIATIONS = Gpr.R10;
  private static final Gpr LENGTH = Gpr.RBP;

  /** Vector registers that all rows share. */
  private static final int SHARED = 4;

  /** Vector registers of a row. */
  private static final int OWN = 3;

  /** Rows that are computed together, at most. */
  private static final int MAX_TOGETHER = 4;

  /** Bytes of these rows: the first pass leaves them in a first-level cache. */
  private static final int TOGETHER_BYTES = 24 << 10;

  private final NormalizationSpec spec;
  private final int rowBytes;
  private final Assembler code = new Assembler();
  private final VectorEmitter vector;
  private final RowEmitter passes;
  private final RowGroups<Row> groups;
  private final VectorRegister scale;
  private final VectorRegister bias;
  private final VectorRegister zero;

  /**
   * The registers of a row.
   *
   * @param offset bytes from the first of the rows that are computed together
   * @param deviation of the row, or its reciprocal
   */
  private record Row(int offset, VectorRegister mean, VectorRegister deviation, VectorRegister x) {}

  private NormalizationCode(Isa isa, NormalizationSpec spec) {
    this.spec = spec;
    rowBytes = spec.length() * Float.BYTES;
    vector = VectorEmitter.of(isa, code);
    scale = isa.register(0);
    bias = isa.register(1);
    zero = isa.register(2);
    Register tail = vector.laneMask(MaskRegister.K1, isa.register(SHARED - 1));
    passes = new RowEmitter(vector, Gpr.RAX, Gpr.RBX, Gpr.R11, tail);
    int together = Math.clamp(TOGETHER_BYTES / rowBytes, 1, MAX_TOGETHER);
    groups = new RowGroups<>(code, IntStream.range(0, together).mapToObj(i -> row(isa, i)).toList());
  }

  private Row row(Isa isa, int i) {
    int first = SHARED + i * OWN;
    return new Row(i * rowBytes, isa.register(first), isa.register(first + 1), isa.register(first + 2));
  }

  /** The code of a kernel with the arguments from, to, rows, scale, bias, means and deviations. */
  static byte[] of(Isa isa, NormalizationSpec spec) {
    return new NormalizationCode(isa, spec).emit();
  }

  private byte[] emit() {
    code.mov(DEVIATIONS, Address.of(Gpr.RSP, MachineCode.ARGUMENT_6));
    code.push(Gpr.RBX);
    code.push(LENGTH);
    code.mov(LENGTH, spec.length());
    passes.begin(LENGTH);
    vector.zero(zero);
    groups.loop(ROWS, this::normalize);
    code.pop(LENGTH);
    code.pop(Gpr.RBX);
    code.vzeroupper();
    code.ret();
    return code.code();
  }

  private void normalize(List<Row> together) {
    groups.each(together, row -> vector.zero(row.mean()));
    if (spec.centered()) {
      findMeans(together);
    }
    findDeviations(together);
    write(together);
    code.add(FROM, together.size() * rowBytes);
    code.add(TO, together.size() * rowBytes);
  }

  /** What becomes of the vector in {@link Row#x}. */
  private interface Step {
    void emit(RowEmitter.Part part, Row row);
  }

  private void pass(List<Row> together, Step step) {
    passes.each(part -> take(part, together, step));
  }

  private void take(RowEmitter.Part part, List<Row> together, Step step) {
    groups.each(together, row -> {
      part.load(row.x(), FROM, row.offset());
      step.emit(part, row);
    });
  }

  private void findMeans(List<Row> together) {
    pass(together, (_, row) -> code.vaddps(row.mean(), row.mean(), row.x()));
    groups.each(together, row -> {
      passes.reduce(code::vaddps, row.mean(), row.x());
      vector.fill(row.x(), spec.length());
      code.vdivps(row.mean(), row.mean(), row.x());
    });
    put(MEANS, together.stream().map(Row::mean).toList());
  }

  private void findDeviations(List<Row> together) {
    groups.each(together, row -> vector.zero(row.deviation()));
    pass(together, (part, row) -> {
      code.vsubps(row.x(), row.x(), row.mean());
      part.pad(row.x(), zero);
      code.vfmadd231ps(row.deviation(), row.x(), row.x());
      part.fetch(FROM, row.offset() + together.size() * rowBytes);
      part.fetch(TO, row.offset());
    });
    groups.each(together, row -> {
      VectorRegister deviation = row.deviation();
      passes.reduce(code::vaddps, deviation, row.x());
      vector.fill(row.x(), spec.length());
      code.vdivps(deviation, deviation, row.x());
      vector.fill(row.x(), spec.epsilon());
      code.vaddps(deviation, deviation, row.x());
      code.vsqrtps(deviation, deviation);
      vector.fill(row.x(), 1);
      code.vdivps(deviation, row.x(), deviation);
    });
    put(DEVIATIONS, together.stream().map(Row::deviation).toList());
  }

  private void write(List<Row> together) {
    passes.each(part -> {
      loadParameters(part);
      take(part, together, this::write);
    });
  }

  private void write(RowEmitter.Part part, Row row) {
    code.vsubps(row.x(), row.x(), row.mean());
    code.vmulps(row.x(), row.x(), row.deviation());
    if (spec.biased()) {
      code.vfmadd213ps(row.x(), scale, bias);
    } else {
      code.vmulps(row.x(), row.x(), scale);
    }
    part.store(TO, row.offset(), row.x());
  }

  private void loadParameters(RowEmitter.Part part) {
    part.load(scale, SCALE);
    if (spec.biased()) {
      part.load(bias, BIAS);
    }
  }

  /** Writes numbers to the next places where somebody reads them. */
  private void put(Gpr to, List<VectorRegister> values) {
    Label nobody = new Label();
    code.test(to, to);
    code.j(Condition.EQUAL, nobody);
    for (VectorRegister value : values) {
      code.vmovss(Address.of(to), value.withBits(128));
      code.add(to, Float.BYTES);
    }
    code.bind(nobody);
  }
}
