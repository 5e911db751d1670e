package dev.slipway.backend.cpu;

/** Normalisation of rows as machine code: a pass for the mean, one for the variance, one for the result. */
final class NormalizationCode {
  private static final Gpr FROM = Gpr.RDI;
  private static final Gpr TO = Gpr.RSI;
  private static final Gpr ROWS = Gpr.RDX;
  private static final Gpr SCALE = Gpr.RCX;
  private static final Gpr BIAS = Gpr.R8;
  private static final Gpr MEANS = Gpr.R9;
  private static final Gpr DEVIATIONS = Gpr.R10;

  private final NormalizationSpec spec;
  private final Assembler code = new Assembler();
  private final VectorEmitter vector;
  private final RowEmitter row;
  private final VectorRegister mean;
  private final VectorRegister sum;
  private final VectorRegister x;
  private final VectorRegister other;
  private final VectorRegister zero;

  private NormalizationCode(Isa isa, NormalizationSpec spec) {
    this.spec = spec;
    vector = VectorEmitter.of(isa, code);
    mean = isa.register(0);
    sum = isa.register(1);
    x = isa.register(2);
    other = isa.register(3);
    zero = isa.register(4);
    Register tail = vector.laneMask(MaskRegister.K1, isa.register(5));
    row = new RowEmitter(vector, Gpr.RAX, Gpr.RBX, Gpr.R11, tail);
  }

  static NormalizationKernel kernel(Isa isa, NormalizationSpec spec) {
    MachineCode code = new MachineCode(new NormalizationCode(isa, spec).emit());
    return (from, to, rows, scale, bias, means, deviations) ->
        code.run(from, to, rows, scale, bias, means, deviations, 0);
  }

  private byte[] emit() {
    code.mov(DEVIATIONS, Address.of(Gpr.RSP, MachineCode.ARGUMENT_6));
    code.push(Gpr.RBX);
    code.push(Gpr.RBP);
    code.mov(Gpr.RBP, spec.length());
    row.begin(Gpr.RBP);
    vector.zero(zero);
    vector.zero(mean);
    Label next = code.here();
    if (spec.centered()) {
      findMean();
    }
    findDeviation();
    normalize();
    code.add(FROM, spec.length() * Float.BYTES);
    code.add(TO, spec.length() * Float.BYTES);
    code.dec(ROWS);
    code.j(Condition.NOT_EQUAL, next);
    code.pop(Gpr.RBP);
    code.pop(Gpr.RBX);
    code.vzeroupper();
    code.ret();
    return code.code();
  }

  private void findMean() {
    vector.zero(mean);
    row.each(part -> {
      part.load(x, FROM);
      code.vaddps(mean, mean, x);
    });
    row.reduce(code::vaddps, mean, x);
    vector.fill(x, spec.length());
    code.vdivps(mean, mean, x);
    put(MEANS, mean);
  }

  private void findDeviation() {
    vector.zero(sum);
    row.each(part -> {
      part.load(x, FROM);
      code.vsubps(x, x, mean);
      part.pad(x, zero);
      code.vfmadd231ps(sum, x, x);
    });
    row.reduce(code::vaddps, sum, x);
    vector.fill(x, spec.length());
    code.vdivps(sum, sum, x);
    vector.fill(x, spec.epsilon());
    code.vaddps(sum, sum, x);
    code.vsqrtps(sum, sum);
    vector.fill(x, 1);
    code.vdivps(sum, x, sum);
    put(DEVIATIONS, sum);
  }

  private void normalize() {
    row.each(part -> {
      part.load(x, FROM);
      code.vsubps(x, x, mean);
      code.vmulps(x, x, sum);
      part.load(other, SCALE);
      code.vmulps(x, x, other);
      if (spec.biased()) {
        part.load(other, BIAS);
        code.vaddps(x, x, other);
      }
      part.store(TO, x);
    });
  }

  /** Writes the number to the next place where somebody reads it. */
  private void put(Gpr to, VectorRegister value) {
    Label nobody = new Label();
    code.test(to, to);
    code.j(Condition.EQUAL, nobody);
    code.vmovss(Address.of(to), value.withBits(128));
    code.add(to, Float.BYTES);
    code.bind(nobody);
  }
}
