package dev.slipway.onnx;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.slipway.tensor.DType;
import dev.slipway.tensor.SlipwayException;
import dev.slipway.tensor.Tensor;
import dev.slipway.tensor.TensorType;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class TensorProtoTest {
  @TempDir Path folder;

  private static Tensor read(WireWriter proto) {
    return read(proto, Optional.empty());
  }

  private static Tensor read(WireWriter proto, Optional<Path> folder) {
    byte[] bytes = proto.toByteArray();
    return TensorProto.read(new WireReader(new ModelSource("m", MemorySegment.ofArray(bytes), folder))).tensor();
  }

  private static WireWriter proto(DType dtype, long... dims) {
    WireWriter proto = new WireWriter();
    for (long dim : dims) {
      proto.varint(1, dim);
    }
    return proto.varint(2, dtype.code()).string(8, "t");
  }

  @ParameterizedTest
  @EnumSource(value = DType.class, mode = EnumSource.Mode.EXCLUDE, names = "STRING")
  void viewsRawData(DType dtype) {
    Tensor tensor = Tensor.allocate(dtype, 3, 2);
    for (long i = 0; i < tensor.type().bytes(); i++) {
      tensor.data().set(ValueLayout.JAVA_BYTE, i, (byte) (17 * i + 1));
    }
    Tensor read = read(ModelBytes.tensor("t", tensor));
    assertThat(read.type()).isEqualTo(tensor.type());
    assertThat(read.data().mismatch(tensor.data().asSlice(0, tensor.type().bytes()))).isEqualTo(-1);
  }

  @Test
  void viewsTheSourceWithoutCopying() {
    byte[] bytes = ModelBytes.tensor("t", Tensor.of(new float[] {1, 2}, 2)).toByteArray();
    Tensor read = TensorProto
        .read(new WireReader(new ModelSource("m", MemorySegment.ofArray(bytes), Optional.empty()))).tensor();
    assertThat(read.data().heapBase()).contains(bytes);
  }

  @Test
  void readsFloatData() {
    WireWriter proto = proto(DType.FLOAT32, 3)
        .bytes(4, Tensor.of(new float[] {1, 2}, 2).data().asSlice(0, 8))
        .fixed32(4, 3);
    assertThat(read(proto).toFloats()).containsExactly(1, 2, 3);
  }

  @Test
  void readsNarrowTypesFromNumbers() {
    assertThat(read(proto(DType.INT8, 2).varint(5, -3).varint(5, 7)).toLongs()).containsExactly(-3, 7);
    assertThat(read(proto(DType.UINT16, 2).varint(5, 65535).varint(5, 1)).toLongs()).containsExactly(65535, 1);
    assertThat(read(proto(DType.BOOL, 2).varint(5, 1).varint(5, 0)).toLongs()).containsExactly(1, 0);
    assertThat(read(proto(DType.FLOAT16, 1).varint(5, 0x3C00)).toFloats()).containsExactly(1);
    assertThat(read(proto(DType.BFLOAT16, 1).varint(5, 0x4000)).toFloats()).containsExactly(2);
    assertThat(read(proto(DType.FLOAT8E5M2, 1).varint(5, 0x3C)).toFloats()).containsExactly(1);
    assertThat(read(proto(DType.INT32, 1).varint(5, -1)).toLongs()).containsExactly(-1);
    assertThat(read(proto(DType.INT64, 1).varint(7, Long.MIN_VALUE)).toLongs()).containsExactly(Long.MIN_VALUE);
    assertThat(read(proto(DType.UINT32, 1).varint(11, 4294967295L)).toLongs()).containsExactly(4294967295L);
  }

  @Test
  void readsPackedTypesTwoToANumber() {
    assertThat(read(proto(DType.INT4, 3).varint(5, 0xF1).varint(5, 0x07)).toLongs()).containsExactly(1, -1, 7);
    assertThat(read(proto(DType.UINT2, 5).varint(5, 0b11100100).varint(5, 2)).toLongs()).containsExactly(0, 1, 2, 3, 2);
  }

  @Test
  void readsDoubleData() {
    WireWriter proto = proto(DType.FLOAT64, 2).bytes(10, Tensor.of(new double[] {1, -2}, 2).data().asSlice(0, 16));
    assertThat(read(proto).toDoubles()).containsExactly(1, -2);
  }

  @Test
  void readsEmptyAndScalar() {
    assertThat(read(proto(DType.FLOAT32, 0)).type()).isEqualTo(TensorType.of(DType.FLOAT32, 0));
    assertThat(read(proto(DType.FLOAT32).fixed32(4, 5)).toFloats()).containsExactly(5);
  }

  @Test
  void refusesDataOfAnotherLength() {
    assertThatThrownBy(() -> read(proto(DType.FLOAT32, 2).fixed32(4, 1))).isInstanceOf(SlipwayException.class)
        .hasMessageContaining("tensor t: data: 4 bytes (expected: 8 for float32[2])");
    assertThatThrownBy(() -> read(proto(DType.INT8, 2).varint(5, 1))).isInstanceOf(SlipwayException.class)
        .hasMessageContaining("tensor t: data: 1 numbers (expected: 2 for int8[2])");
  }

  @Test
  void refusesImpossibleDimensions() {
    assertThatThrownBy(() -> read(proto(DType.FLOAT32, 1L << 40, 1L << 40))).isInstanceOf(SlipwayException.class)
        .hasMessageContaining("expected: at most 2^63-1 bytes");
    assertThatThrownBy(() -> read(proto(DType.FLOAT32, -2))).isInstanceOf(SlipwayException.class)
        .hasMessageContaining("dimensions: [-2]");
  }

  @Test
  void refusesStringsAndUnknownTypes() {
    assertThatThrownBy(() -> read(proto(DType.STRING, 1).string(6, "x"))).isInstanceOf(SlipwayException.class)
        .hasMessageContaining("element type: string");
    assertThatThrownBy(() -> read(new WireWriter().varint(2, 99))).isInstanceOf(SlipwayException.class)
        .hasMessageContaining("element type: 99");
  }

  private WireWriter external(String location, long offset, long length) {
    return proto(DType.FLOAT32, 2).varint(14, 1)
        .message(13, new WireWriter().string(1, "location").string(2, location))
        .message(13, new WireWriter().string(1, "offset").string(2, Long.toString(offset)))
        .message(13, new WireWriter().string(1, "length").string(2, Long.toString(length)));
  }

  @Test
  void mapsExternalData() throws IOException {
    Files.write(folder.resolve("w.bin"), Tensor.of(new float[] {9, 1, 2}, 3).data().asSlice(0, 12).toArray(
        ValueLayout.JAVA_BYTE));
    Tensor tensor = read(external("w.bin", 4, 8), Optional.of(folder));
    assertThat(tensor.toFloats()).containsExactly(1, 2);
    assertThat(tensor.data().isMapped()).isTrue();
  }

  @Test
  void mapsExternalDataBeyondTwoGigabytes() throws IOException {
    long offset = 3L << 30;
    try (RandomAccessFile file = new RandomAccessFile(folder.resolve("w.bin").toFile(), "rw")) {
      file.seek(offset);
      file.write(new byte[] {0, 0, (byte) 0x80, 0x3F, 0, 0, 0, 0x40});
    }
    assertThat(read(external("w.bin", offset, 8), Optional.of(folder)).toFloats()).containsExactly(1, 2);
  }

  @Test
  void readsBackWhatItWrote() {
    Tensor tensor = Tensor.of(new float[] {1, 2, 3}, 1, 3);
    OnnxTensors.write(folder.resolve("t.pb"), "t", tensor);
    Tensor read = OnnxTensors.read(folder.resolve("t.pb"));
    assertThat(read.type()).isEqualTo(tensor.type());
    assertThat(read.toFloats()).containsExactly(1, 2, 3);
  }

  @Test
  void refusesExternalDataOutsideTheFolder() throws IOException {
    Path inner = Files.createDirectory(folder.resolve("inner"));
    Files.write(folder.resolve("w.bin"), new byte[8]);
    assertThatThrownBy(() -> read(external("../w.bin", 0, 8), Optional.of(inner)))
        .isInstanceOf(SlipwayException.class).hasMessageContaining("../w.bin: outside the model's folder");
    assertThatThrownBy(() -> read(external(folder.resolve("w.bin").toString(), 0, 8), Optional.of(inner)))
        .isInstanceOf(SlipwayException.class).hasMessageContaining("outside the model's folder");
    Files.createSymbolicLink(inner.resolve("link.bin"), folder.resolve("w.bin"));
    assertThatThrownBy(() -> read(external("link.bin", 0, 8), Optional.of(inner)))
        .isInstanceOf(SlipwayException.class).hasMessageContaining("a link out of the model's folder");
  }

  @Test
  void refusesExternalDataThatIsMissingOrTooShort() throws IOException {
    assertThatThrownBy(() -> read(external("none.bin", 0, 8), Optional.of(folder)))
        .isInstanceOf(SlipwayException.class).hasMessageContaining("tensor t: external data none.bin: missing");
    Files.write(folder.resolve("w.bin"), new byte[8]);
    assertThatThrownBy(() -> read(external("w.bin", 4, 8), Optional.of(folder)))
        .isInstanceOf(SlipwayException.class)
        .hasMessageContaining("offset 4 and length 8 (expected: within the file's 8 bytes");
    assertThatThrownBy(() -> read(external("w.bin", Long.MAX_VALUE, 8), Optional.of(folder)))
        .isInstanceOf(SlipwayException.class);
    assertThatThrownBy(() -> read(external("w.bin", 0, 8), Optional.empty()))
        .isInstanceOf(SlipwayException.class).hasMessageContaining("no folder is known");
  }
}
