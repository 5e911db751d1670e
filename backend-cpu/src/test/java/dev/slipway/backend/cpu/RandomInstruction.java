package dev.slipway.backend.cpu;

import java.lang.reflect.Method;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;

/** One call of an assembler's method on random operands, and the text that GNU as makes the same of. */
final class RandomInstruction {
  /** The label of addresses that refer to one. */
  static final String LABEL = "constants";

  private static final int[][] SAME = {{128, 128}, {256, 256}, {512, 512}};
  private static final int[][] SCALAR = {{128, 128}};

  /** Where it is not {@link #SAME}: destination and last source in bits, as many pairs as there are forms. */
  private static final Map<String, int[][]> LENGTHS = lengths();

  /** Those that have an EVEX form but no mask. */
  private static final Set<String> UNMASKED =
      Set.of("vinsertps", "vmovhlps", "vmovlhps", "vmovntps", "vmovd", "vmovq", "vfpclassps");

  private static final Set<String> LOW_HALVES = Set.of(
      "vmovd", "vpbroadcastb", "vpbroadcastw", "vpbroadcastd", "kmovb", "kmovw", "kmovd", "vmovmskps", "mov32", "zero");

  private static final String[] CONDITIONS = {
    "o", "no", "b", "ae", "e", "ne", "be", "a", "s", "ns", "p", "np", "l", "ge", "le", "g"
  };

  private final Method method;
  private final String name;
  private final Random random;
  private final Label label;
  private final Optional<VectorOpcode> opcode;
  private final int[] lengths;
  private final boolean high;
  private final MaskRegister mask;
  private final boolean zeroing;

  RandomInstruction(Method method, Random random, Label label) {
    this.method = method;
    this.random = random;
    this.label = label;
    name = method.getName();
    opcode = opcode();
    int[][] forms = LENGTHS.getOrDefault(name, SAME);
    int count = opcode.map(o -> o.hasEvex() ? forms.length : Math.min(forms.length, 2)).orElse(1);
    lengths = forms[random.nextInt(count)];
    boolean evex = opcode.map(VectorOpcode::hasEvex).orElse(false);
    high = evex && random.nextBoolean();
    boolean masked = evex && !UNMASKED.contains(name) && random.nextBoolean();
    mask = masked ? MaskRegister.values()[1 + random.nextInt(7)] : MaskRegister.K0;
    zeroing = masked && random.nextBoolean();
  }

  /** Emits it and returns its text. */
  String emit(Assembler assembler) {
    Class<?>[] types = method.getParameterTypes();
    Object[] arguments = new Object[types.length];
    for (int i = 0; i < types.length; i++) {
      arguments[i] = argument(types[i], i, i == lastVector(types));
    }
    try {
      method.setAccessible(true);
      method.invoke(assembler, arguments);
    } catch (ReflectiveOperationException e) {
      throw new AssertionError(method + " " + Arrays.toString(arguments), e);
    }
    return text(arguments);
  }

  /** The last operand that is, or may be, a vector: the source whose length may differ. */
  private static int lastVector(Class<?>[] types) {
    for (int i = types.length - 1; i > 0; i--) {
      if (Operand.class.isAssignableFrom(types[i])) {
        return i;
      }
    }
    return -1;
  }

  private Object argument(Class<?> type, int index, boolean last) {
    if (type == int.class) {
      return immediate();
    }
    if (type == long.class) {
      return switch (random.nextInt(3)) {
        case 0 -> random.nextLong();
        case 1 -> (long) random.nextInt();
        default -> random.nextLong(1L << 32);
      };
    }
    if (type.isEnum()) {
      Object[] constants = type.getEnumConstants();
      return constants[random.nextInt(constants.length)];
    }
    boolean memory = type == Address.class || type == Operand.class && random.nextBoolean();
    if (memory) {
      Address address = address(index > 0);
      return index == 0 ? address.masked(mask) : address;
    }
    VectorRegister register = new VectorRegister(random.nextInt(high ? 32 : 16), lengths[last ? 1 : 0]);
    if (index == 0) {
      return new VectorRegister(register.number(), register.bits(), mask, zeroing);
    }
    return writesMask() && index == 1 ? register.masked(mask) : register;
  }

  private int immediate() {
    if (name.startsWith("vcmp")) {
      return random.nextInt(32);
    }
    if (name.startsWith("vpcmp")) {
      return random.nextInt(8);
    }
    if (opcode.isPresent()) {
      return random.nextInt(256);
    }
    boolean shift = Set.of("shl", "shr", "sar").contains(name);
    return shift ? 1 + random.nextInt(63) : random.nextBoolean() ? random.nextInt(256) - 128 : random.nextInt();
  }

  private Address address(boolean source) {
    boolean broadcast = source
        && opcode.map(o -> o.hasEvex() && o.tuple() == MemoryTuple.FULL).orElse(false)
        && random.nextInt(3) == 0;
    int unit = opcode.map(o -> o.tuple().bytes(vectorBits() / Byte.SIZE, broadcast, elementBytes(o))).orElse(1);
    int[] displacements = {
      0, unit, -unit, 127 * unit, 128 * unit, -128 * unit, -129 * unit, 1, 4, 127, 128, -128, random.nextInt()
    };
    int displacement = displacements[random.nextInt(displacements.length)];
    Gpr base = Gpr.values()[random.nextInt(16)];
    Gpr index = Gpr.values()[random.nextInt(16)];
    Address address = switch (random.nextInt(4)) {
      case 0 -> Address.of(label).plus(displacement / 2);
      case 1 -> Address.of(base, displacement);
      default ->
          index == Gpr.RSP
              ? Address.of(base)
              : Address.of(base, index, 1 << random.nextInt(4), displacement);
    };
    return broadcast ? address.bcst() : address;
  }

  private int vectorBits() {
    return Math.max(lengths[0], lengths[1]);
  }

  private static int elementBytes(VectorOpcode opcode) {
    return opcode.evexW() == 0 ? 4 : 8;
  }

  private boolean writesMask() {
    return method.getParameterCount() > 0 && method.getParameterTypes()[0] == MaskRegister.class;
  }

  private String text(Object[] arguments) {
    List<String> operands = new ArrayList<>();
    for (Object argument : arguments) {
      if (!(argument instanceof Condition)) {
        operands.add(text(argument));
      }
    }
    if (writesMask() && mask != MaskRegister.K0) {
      operands.set(0, operands.get(0) + AttSyntax.mask(mask));
      operands.set(1, operands.get(1).replaceFirst("\\{.*", ""));
    }
    if (name.equals("zero")) {
      operands.add(operands.get(0));
    }
    if (name.equals("movsxd") && arguments[1] instanceof Gpr source) {
      operands.set(1, AttSyntax.lowHalf(source));
    }
    if (isShortConstant(arguments)) {
      operands.set(0, AttSyntax.lowHalf((Gpr) arguments[0]));
    }
    if (name.equals("jmp") || name.equals("call")) {
      return name + " *" + operands.get(0);
    }
    return mnemonic(arguments) + " " + String.join(", ", operands.reversed());
  }

  private String text(Object operand) {
    return switch (operand) {
      case Integer value -> "$" + value;
      case Long value -> "$" + value;
      case Gpr r -> LOW_HALVES.contains(name) ? AttSyntax.lowHalf(r) : AttSyntax.register(r);
      case MaskRegister k -> AttSyntax.register(k);
      case VectorRegister v -> AttSyntax.register(v);
      case Address address ->
          AttSyntax.memory(address, LABEL, vectorBits() / Byte.SIZE / opcode.map(o -> elementBytes(o)).orElse(1));
      default -> throw new AssertionError(operand);
    };
  }

  /** Writing a low half clears the high one. */
  private static boolean isShortConstant(Object[] arguments) {
    return arguments.length == 2 && arguments[1] instanceof Long value && value == (value & 0xFFFFFFFFL);
  }

  private String mnemonic(Object[] arguments) {
    if (name.startsWith("vexV")) {
      return "{vex} v" + name.substring(4);
    }
    if (isShortConstant(arguments)) {
      return "movl";
    }
    if (opcode.isPresent() || name.startsWith("prefetch") || arguments.length == 0) {
      return name;
    }
    return switch (name) {
      case "mov32" -> "movl";
      case "zero" -> "xorl";
      case "movsxd" -> "movslq";
      case "cmov" -> "cmov" + CONDITIONS[((Condition) arguments[0]).code()] + "q";
      case "mov" -> arguments[1] instanceof Long value && value != value.intValue() ? "movabsq" : "movq";
      default -> name + "q";
    };
  }

  private Optional<VectorOpcode> opcode() {
    String upper = name.toUpperCase(Locale.ROOT);
    List<Class<?>> types = Arrays.asList(method.getParameterTypes());
    List<String> names = new ArrayList<>();
    if (name.startsWith("vexV")) {
      names.add("V" + upper.substring(4) + "_VEX");
    }
    if (types.contains(Gpr.class)) {
      names.add(upper + "_GPR");
    }
    if (!types.isEmpty() && types.getFirst() == Address.class) {
      names.add(upper + "_STORE");
    }
    if (!types.isEmpty() && types.getFirst() == MaskRegister.class) {
      names.add(upper + "_MASK");
    }
    names.add(upper);
    return names.stream()
        .flatMap(name -> Arrays.stream(VectorOpcode.values()).filter(opcode -> opcode.name().equals(name)))
        .findFirst();
  }

  private static Map<String, int[][]> lengths() {
    Map<String, int[][]> lengths = new HashMap<>();
    put(lengths, SCALAR, "vaddss vsubss vmulss vdivss vminss vmaxss vfmadd231ss vinsertps vmovhlps vmovlhps vmovss");
    put(lengths, SCALAR, "vmovd vmovq");
    put(lengths, new int[][] {{256, 256}, {512, 512}}, "vpermps vpermd vpermpd vpermq vshuff32x4 vshuff64x2");
    put(lengths, new int[][] {{256, 256}, {512, 512}}, "vshufi32x4 vbroadcastf32x4 vbroadcasti32x4");
    put(lengths, new int[][] {{256, 256}}, "vperm2f128 vperm2i128 vbroadcastf128");
    put(lengths, new int[][] {{512, 512}}, "vbroadcastf64x4");
    put(lengths, new int[][] {{128, 128}, {256, 128}, {512, 128}}, "vbroadcastss vpbroadcastb vpbroadcastw");
    put(lengths, new int[][] {{128, 128}, {256, 128}, {512, 128}}, "vpbroadcastd vpbroadcastq");
    put(lengths, new int[][] {{256, 128}, {512, 128}}, "vbroadcastsd vinsertf32x4 vinserti32x4");
    put(lengths, new int[][] {{128, 256}, {128, 512}}, "vextractf32x4 vextracti32x4");
    put(lengths, new int[][] {{128, 256}}, "vextractf128 vextracti128");
    put(lengths, new int[][] {{256, 128}}, "vinsertf128 vinserti128");
    put(lengths, new int[][] {{256, 512}}, "vextractf64x4 vextracti64x4");
    put(lengths, new int[][] {{512, 256}}, "vinsertf64x4 vinserti64x4");
    put(lengths, new int[][] {{128, 128}, {256, 128}, {512, 128}}, "vpmovzxbd vpmovsxbd");
    put(lengths, new int[][] {{128, 128}, {256, 128}, {512, 256}}, "vpmovzxbw vpmovsxbw vpmovzxwd vpmovsxwd vcvtph2ps");
    put(lengths, new int[][] {{128, 128}, {128, 256}, {128, 512}}, "vpmovdb vpmovsdb vpmovusdb");
    put(lengths, new int[][] {{128, 128}, {128, 256}, {256, 512}}, "vpmovdw vpmovsdw vpmovusdw vpmovwb vpmovswb");
    put(lengths, new int[][] {{128, 128}, {128, 256}, {256, 512}}, "vpmovuswb vcvtps2ph vcvtneps2bf16");
    return lengths;
  }

  private static void put(Map<String, int[][]> lengths, int[][] pairs, String names) {
    for (String name : names.split(" ")) {
      lengths.put(name, pairs);
    }
  }
}
