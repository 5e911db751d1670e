package dev.slipway.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.slipway.tensor.DType;
import dev.slipway.tensor.SlipwayException;
import dev.slipway.tensor.Tensor;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class NpyFileTest {

  private static byte[] file(String description, boolean columnMajor, String shape, float... values) {
    String header = "{'descr': '" + description + "', 'fortran_order': " + (columnMajor ? "True" : "False")
        + ", 'shape': " + shape + ", }\n";
    ByteBuffer buffer = ByteBuffer.allocate(10 + header.length() + 4 * values.length).order(ByteOrder.LITTLE_ENDIAN);
    buffer.put(new byte[] {(byte) 0x93, 'N', 'U', 'M', 'P', 'Y', 1, 0}).putShort((short) header.length());
    buffer.put(header.getBytes(StandardCharsets.US_ASCII));
    for (float value : values) {
      buffer.putFloat(value);
    }
    return buffer.array();
  }

  @ParameterizedTest
  @EnumSource(names = {"FLOAT16", "FLOAT32", "FLOAT64", "INT8", "INT16", "INT32", "INT64", "UINT8", "UINT16", "UINT32",
      "UINT64", "BOOL"})
  void readsWhatItWrites(DType dtype) {
    Tensor tensor = Tensor.allocate(dtype, 2, 3);
    for (int i = 0; i < 6; i++) {
      tensor.setDouble(i, i % 2);
    }
    Tensor read = NpyFile.read(NpyFile.bytes(tensor), "a.npy");
    assertThat(read.type()).isEqualTo(tensor.type());
    assertThat(read.toDoubles()).containsExactly(tensor.toDoubles());
  }

  @Test
  void writesScalarsVectorsAndEmptyArrays() {
    assertThat(NpyFile.read(NpyFile.bytes(Tensor.scalar(3f)), "a.npy").dims()).isEmpty();
    assertThat(NpyFile.read(NpyFile.bytes(Tensor.vector(1, 2)), "a.npy").dims()).containsExactly(2);
    assertThat(NpyFile.read(NpyFile.bytes(Tensor.allocate(DType.FLOAT32, 0, 4)), "a.npy").dims()).containsExactly(0, 4);
    assertThat(new String(NpyFile.bytes(Tensor.vector(1, 2)), StandardCharsets.ISO_8859_1))
        .contains("{'descr': '<i8', 'fortran_order': False, 'shape': (2,), }");
  }

  @Test
  void dataBeginAtAMultipleOf64() {
    byte[] bytes = NpyFile.bytes(Tensor.scalar(1f));
    assertThat((bytes.length - 4) % 64).isZero();
  }

  @Test
  void widensTypesThatNumpyLacks() {
    Tensor tensor = Tensor.allocate(DType.BFLOAT16, 2);
    tensor.setDouble(1, 1.5);
    Tensor read = NpyFile.read(NpyFile.bytes(tensor), "a.npy");
    assertThat(read.dtype()).isEqualTo(DType.FLOAT32);
    assertThat(read.toFloats()).containsExactly(0, 1.5f);
  }

  @Test
  void readsColumnMajorArrays() {
    Tensor tensor = NpyFile.read(file("<f4", true, "(2, 3)", 0, 3, 1, 4, 2, 5), "a.npy");
    assertThat(tensor.toFloats()).containsExactly(0, 1, 2, 3, 4, 5);
  }

  @Test
  void refusesWhatItCannotRead() {
    assertThatThrownBy(() -> NpyFile.read(file(">f4", false, "(1,)", 1), "a.npy"))
        .isInstanceOf(SlipwayException.class)
        .hasMessage("a.npy: element type >f4 (expected: little-endian numbers or bool)");
    assertThatThrownBy(() -> NpyFile.read(file("<f4", false, "(3,)", 1), "a.npy"))
        .isInstanceOf(SlipwayException.class)
        .hasMessage("a.npy: 4 bytes of data (expected: 12 for float32[3])");
    assertThatThrownBy(() -> NpyFile.read(Arrays.copyOf(file("<f4", false, "(1,)", 1), 20), "a.npy"))
        .isInstanceOf(SlipwayException.class)
        .hasMessage("a.npy: its header is cut off (expected: the whole file)");
    assertThatThrownBy(() -> NpyFile.read(file("<f4", false, "(a,)", 1), "a.npy"))
        .isInstanceOf(SlipwayException.class)
        .hasMessage("a.npy: shape (a,) (expected: numbers)");
  }
}
