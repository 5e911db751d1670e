package dev.slipway.backend.cpu;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Random operands of every instruction, against GNU as. */
class AssemblerTest {
  private static final int OPERANDS_OF_EACH = 60;

  private final Random random = new Random(Long.getLong("slipway.seed", 7));

  @TempDir
  Path folder;

  /** An instruction under test: how it reads and what the assembler made of it. */
  private record Encoded(String text, String bytes) {}

  @Test
  void encodesVectorInstructions() {
    Stream<Class<?>> groups =
        Stream.of(FloatInstructions.class, IntegerInstructions.class, MoveInstructions.class, MaskInstructions.class);
    check(groups.flatMap(group -> Arrays.stream(group.getDeclaredMethods())).toList());
  }

  @Test
  void encodesGeneralInstructions() {
    check(Arrays.stream(GeneralInstructions.class.getDeclaredMethods())
        .filter(method -> !Modifier.isPrivate(method.getModifiers()) && !takesALabel(method))
        .toList());
  }

  @Test
  void encodesBranches() {
    Assembler code = new Assembler();
    Label start = code.here();
    Label end = new Label();
    code.jmp(end);
    code.j(Condition.NOT_EQUAL, start);
    code.call(start);
    code.bind(end);
    code.ret();
    assertThat(HexFormat.of().formatHex(code.code())).isEqualTo("e90b000000" + "0f85f5ffffff" + "e8f0ffffff" + "c3");
  }

  @Test
  void alignsWithNops() {
    Assembler code = new Assembler();
    code.ret();
    code.align(16);
    assertThat(HexFormat.of().formatHex(code.code())).isEqualTo("c3" + "660f1f840000000000" + "660f1f440000");
  }

  @Test
  void sharesLiteralsBehindTheCode() {
    Assembler code = new Assembler();
    code.vaddps(VectorRegister.ymm(0), VectorRegister.ymm(0), code.literal(1, 8));
    code.vaddps(VectorRegister.ymm(1), VectorRegister.ymm(1), code.literal(1, 8));
    code.vbroadcastss(VectorRegister.ymm(2), code.literal(1f));
    code.ret();
    assertThat(code.code()).hasSize(32 + 32 + Float.BYTES);
  }

  @Test
  void interleavesPieces() {
    VectorRegister a = VectorRegister.ymm(0);
    VectorRegister b = VectorRegister.zmm(17);
    Assembler expected = new Assembler();
    expected.ret();
    expected.vmovups(a, expected.literal(1, 8));
    expected.vaddps(b, b, expected.literal(2).bcst());
    expected.vmulps(a, a, a);
    expected.vmulps(b, b, expected.literal(1, 8).bcst());
    expected.vsubps(b, b, b);
    Assembler code = new Assembler();
    code.ret();
    code.interleave(List.of(
        () -> {
          code.vmovups(a, code.literal(1, 8));
          code.vmulps(a, a, a);
        },
        () -> {
          code.vaddps(b, b, code.literal(2).bcst());
          code.vmulps(b, b, code.literal(1, 8).bcst());
          code.vsubps(b, b, b);
        }));
    assertThat(code.code()).isEqualTo(expected.code());
  }

  @Test
  void refusesLabelsInPieces() {
    Assembler code = new Assembler();
    assertThatThrownBy(() -> code.interleave(List.of(code::ret, code::here)))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("straight code");
  }

  @Test
  void refusesWhatHasNoEncoding() {
    VectorRegister zmm = VectorRegister.zmm(1);
    assertThatThrownBy(() -> new Assembler().vblendvps(zmm, zmm, zmm, zmm))
        .hasMessage("VBLENDVPS: no EVEX form of these operands");
    assertThatThrownBy(() -> new Assembler().vmovups(zmm, Address.of(Gpr.RAX).bcst()))
        .hasMessage("broadcast: of FULL_MEM (expected: an instruction that broadcasts)");
    assertThatThrownBy(() -> Address.of(Gpr.RAX, Gpr.RSP, 1, 0)).hasMessageContaining("index: RSP");
    assertThatThrownBy(() -> new Assembler().vaddps(zmm.zeroed(MaskRegister.K0), zmm, zmm))
        .hasMessageContaining("zeroing under K0");
  }

  private void check(List<Method> methods) {
    assumeTrue(GnuAssembler.installed(), "GNU as is not installed");
    Assembler code = new Assembler();
    Label constants = new Label();
    List<Encoded> encoded = new ArrayList<>();
    List<Method> sorted = methods.stream().sorted(Comparator.comparing(Method::toString)).toList();
    List<int[]> ranges = new ArrayList<>();
    List<String> texts = new ArrayList<>();
    for (Method method : sorted) {
      for (int i = 0; i < OPERANDS_OF_EACH; i++) {
        int start = code.size();
        texts.add(new RandomInstruction(method, random, constants).emit(code));
        ranges.add(new int[] {start, code.size()});
      }
    }
    code.bind(constants);
    byte[] bytes = code.code();
    for (int i = 0; i < texts.size(); i++) {
      int[] range = ranges.get(i);
      encoded.add(new Encoded(texts.get(i), HexFormat.of().formatHex(bytes, range[0], range[1])));
    }
    compare(encoded);
  }

  private void compare(List<Encoded> encoded) {
    List<String> lines = new ArrayList<>(encoded.stream().map(Encoded::text).toList());
    lines.add(RandomInstruction.LABEL + ":");
    List<String> expected = GnuAssembler.assemble(folder, lines);
    // A length that differs moves the label, which changes other instructions: it is the first to know of.
    for (int i = 0; i < encoded.size(); i++) {
      Encoded one = encoded.get(i);
      assertThat(one.bytes()).as(one.text() + " is " + expected.get(i)).hasSameSizeAs(expected.get(i));
    }
    for (int i = 0; i < encoded.size(); i++) {
      assertThat(encoded.get(i).bytes()).as(encoded.get(i).text()).isEqualTo(expected.get(i));
    }
  }

  private static boolean takesALabel(Method method) {
    return Arrays.asList(method.getParameterTypes()).contains(Label.class);
  }
}
