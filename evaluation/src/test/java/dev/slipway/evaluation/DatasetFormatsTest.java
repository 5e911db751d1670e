package dev.slipway.evaluation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.slipway.tensor.SlipwayException;
import dev.slipway.vision.Box;
import dev.slipway.vision.Color;
import dev.slipway.vision.Image;
import dev.slipway.vision.ImageFile;
import dev.slipway.vision.PixelFormat;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.IntStream;
import java.util.zip.GZIPOutputStream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DatasetFormatsTest {
  @TempDir private Path folder;

  private static byte[] picture(int width, int height) {
    return ImageFile.encode(Image.filled(width, height, PixelFormat.BGR, Color.grey(width)), "png");
  }

  private Path write(String name, byte[] bytes) throws IOException {
    Path file = folder.resolve(name);
    Files.createDirectories(file.getParent());
    return Files.write(file, bytes);
  }

  private Path write(String name, String text) throws IOException {
    return write(name, text.getBytes(StandardCharsets.UTF_8));
  }

  private Path gzip(String name, byte[] bytes) throws IOException {
    ByteArrayOutputStream buffer = new ByteArrayOutputStream();
    try (OutputStream out = new GZIPOutputStream(buffer)) {
      out.write(bytes);
    }
    return write(name, buffer.toByteArray());
  }

  private static List<Label> labels(Dataset dataset) {
    return IntStream.range(0, dataset.size()).mapToObj(i -> dataset.item(i).label()).toList();
  }

  private static List<String> names(Dataset dataset) {
    return IntStream.range(0, dataset.size()).mapToObj(i -> dataset.item(i).name()).toList();
  }

  // ---- pictures

  @Test
  void picturesOfAZipWithATable() throws IOException {
    Path zip = folder.resolve("set.zip");
    try (ZipOutputStream out = new ZipOutputStream(Files.newOutputStream(zip))) {
      for (String name : List.of("images/b.png", "images/a.png", "images/.hidden.png")) {
        out.putNextEntry(new ZipEntry(name));
        out.write(picture(3, 2));
      }
      out.putNextEntry(new ZipEntry("labels.csv"));
      out.write("file,class_index,name\nimages/b.png,7,\"an owl, grey\"\na.png,2,cat\n".getBytes());
    }
    DatasetSource source = DatasetSource.of(zip);
    assertThat(new PictureFormat().accepts(source)).isTrue();
    try (Dataset dataset = new PictureFormat().open(source)) {
      assertThat(names(dataset)).containsExactly("images/b.png", "images/a.png");
      assertThat(labels(dataset)).containsExactly(new Label.Category(7), new Label.Category(2));
      assertThat(dataset.category(0)).hasValue(7);
      assertThat(((Content.Picture) dataset.item(0).content()).image().width()).isEqualTo(3);
    }
  }

  @Test
  void picturesInAFolderForEachClass() throws IOException {
    write("set/cat/1.png", picture(1, 1));
    write("set/ape/2.png", picture(1, 1));
    write("set/cat/3.png", picture(1, 1));
    try (Dataset dataset = new PictureFormat().open(DatasetSource.of(folder.resolve("set")))) {
      assertThat(names(dataset)).containsExactly("ape/2.png", "cat/1.png", "cat/3.png");
      assertThat(labels(dataset))
          .containsExactly(new Label.Category(0), new Label.Category(1), new Label.Category(1));
    }
    write("set/classes.txt", "bee a bee\ncat a cat\nape\n");
    try (Dataset dataset = new PictureFormat().open(DatasetSource.of(folder.resolve("set")))) {
      assertThat(dataset.category(0)).hasValue(2);
    }
  }

  @Test
  void picturesWithoutLabels() throws IOException {
    write("set/images/1.png", picture(1, 1));
    try (Dataset dataset = new PictureFormat().open(DatasetSource.of(folder.resolve("set")))) {
      assertThat(labels(dataset)).containsExactly(new Label.None());
    }
  }

  @Test
  void picturesWithBoxesInATable() throws IOException {
    write("set/1.png", picture(8, 8));
    write("set/2.png", picture(8, 8));
    Path table = write("boxes.csv", "file,score,x1,y1,x2,y2\n2.png,0.9,1,2,3,4\n2.png,0.8,5,6,7,8\n");
    try (Dataset dataset =
        new PictureFormat().open(DatasetSource.of(folder.resolve("set")).withLabels(table))) {
      assertThat(names(dataset)).containsExactly("1.png", "2.png");
      assertThat(((Label.Boxes) labels(dataset).get(0)).objects()).isEmpty();
      assertThat(((Label.Boxes) labels(dataset).get(1)).objects()).hasSize(2);
    }
  }

  @Test
  void brokenPicturesAndTables() throws IOException {
    Path set = write("set/1.png", "no picture").getParent();
    DatasetSource source = DatasetSource.of(set);
    try (Dataset dataset = new PictureFormat().open(source)) {
      assertThatThrownBy(() -> dataset.item(0)).isInstanceOf(SlipwayException.class).hasMessageContaining("1.png");
    }
    assertRefused(source.withLabels(write("a.csv", "file,class_index\n2.png,1\n")),
        "set has no 2.png (expected: every picture that the labels name)");
    assertRefused(source.withLabels(write("a.csv", "file,class_index\n1.png,one\n")),
        "a.csv line 2, class_index: one (expected: an index from 0)");
    assertRefused(source.withLabels(write("a.csv", "file,class_index\n1.png,1,2\n")),
        "a.csv line 2: 3 values (expected: 2)");
    assertRefused(source.withLabels(write("a.csv", "file,kind\n1.png,1\n")),
        "a.csv: columns [file, kind] (expected: one named class_index or class or label)");
    assertRefused(source.withLabels(write("a.csv", "file,class\n1.png,1\n1.png,2\n")),
        "a.csv line 3, file: 1.png (expected: each picture once)");
    assertRefused(source.withLabels(write("a.csv", "")), "a.csv: empty");
    assertRefused(source.withLabels(write("a.csv", "file,class\n")), "a.csv: no rows");
    assertRefused(DatasetSource.of(write("empty/readme.txt", "").getParent()), "empty holds no pictures");
    assertRefused(DatasetSource.of(write("a.zip", "no archive")), "a.zip cannot be opened");
  }

  private static void assertRefused(DatasetSource source, String message) {
    assertThatThrownBy(() -> new PictureFormat().open(source))
        .isInstanceOf(SlipwayException.class)
        .hasMessageContaining(message);
  }

  // ---- boxes of YOLO

  @Test
  void yoloBoxesAreRelative() throws IOException {
    write("set/images/1.png", picture(200, 100));
    write("set/images/2.png", picture(10, 10));
    Path set = folder.resolve("set");
    assertThat(new YoloFormat().accepts(DatasetSource.of(set))).isFalse();
    write("set/labels/1.txt", "3 0.5 0.5 0.1 0.2\n\n0 0.1 0.1 0.1 0.1\n");
    assertThat(new YoloFormat().accepts(DatasetSource.of(set))).isTrue();
    try (Dataset dataset = new YoloFormat().open(DatasetSource.of(set))) {
      Label.Boxes label = (Label.Boxes) dataset.item(0).label();
      assertThat(label.width()).isEqualTo(200);
      assertThat(label.objects()).hasSize(2).first().satisfies(truth -> {
        assertThat(truth.category()).isEqualTo(3);
        assertThat(truth.box().left()).isCloseTo(90, within(1e-9));
        assertThat(truth.box().bottom()).isCloseTo(60, within(1e-9));
      });
      assertThat(((Label.Boxes) dataset.item(1).label()).objects()).isEmpty();
    }
    write("set/labels/1.txt", "3 0.5 0.5 1.5 0.2\n");
    try (Dataset dataset = new YoloFormat().open(DatasetSource.of(set))) {
      assertThatThrownBy(() -> dataset.item(0)).isInstanceOf(SlipwayException.class)
          .hasMessage("labels/1.txt line 1: 3 0.5 0.5 1.5 0.2 (expected: class x y width height, the last four from"
              + " 0 to 1)");
    }
  }

  // ---- annotations of COCO

  private static final String COCO = """
      {"info": {"year": [2017]},
       "images": [{"id": 9, "file_name": "val/1.png", "width": 8, "height": 8}, {"id": 7, "file_name": "away.png"},
                  {"id": 8, "file_name": "2.png"}],
       "annotations": [
         {"image_id": 9, "category_id": 44, "bbox": [1, 2, 3.5, 4], "area": 6, "iscrowd": 0, "segmentation": [[1, 2]]},
         {"image_id": 9, "category_id": 2, "bbox": [0, 0, 8, 8], "iscrowd": 1, "segmentation": {"counts": [1]}}],
       "categories": [{"id": 44, "name": "bottle"}, {"id": 2, "name": "bicycle"}]}
      """;

  @Test
  void cocoObjectsOfThePicturesThatAreThere() throws IOException {
    write("set/images/1.png", picture(8, 8));
    write("set/images/2.png", picture(8, 8));
    write("set/images/3.png", picture(8, 8));
    DatasetSource source = DatasetSource.of(folder.resolve("set"));
    assertThat(new CocoFormat().accepts(source)).isFalse();
    Path file = write("set/annotations/instances_val.json", COCO);
    assertThat(new CocoFormat().accepts(source)).isTrue();
    try (Dataset dataset = new CocoFormat().open(source)) {
      assertThat(names(dataset)).containsExactly("images/1.png", "images/2.png");
      assertThat(labels(dataset)).containsExactly(
          new Label.Boxes(8, 8, List.of(
              new Label.Truth(new Box(1, 2, 4.5, 6), 1, 6, false), new Label.Truth(new Box(0, 0, 8, 8), 0, 64, true))),
          new Label.Boxes(8, 8, List.of()));
    }
    try (Dataset dataset = new CocoFormat().open(source.withLabels(file))) {
      assertThat(dataset.size()).isEqualTo(2);
    }
  }

  private static final String OCR = "set/images/1.png\t[{\"transcription\": \"a \\\"b\\\"\", \"points\": "
      + "[[1, 2], [7, 2], [7, 5.0], [1, 5]], \"difficult\": false}, {\"transcription\": \"###\", \"points\": "
      + "[[0, 0], [1, 0], [1, 1], [0, 1]]}]\n\nimages/2.png\t[]\n";

  @Test
  void linesOfTextByPicture() throws IOException {
    write("set/images/1.png", picture(8, 8));
    write("set/images/2.png", picture(8, 8));
    DatasetSource source = DatasetSource.of(folder.resolve("set"));
    assertThat(new OcrFormat().accepts(source)).isFalse();
    assertThatThrownBy(() -> new OcrFormat().open(source)).hasMessageContaining("has no Label.txt");
    write("set/Label.txt", OCR);
    assertThat(new OcrFormat().accepts(source)).isTrue();
    try (Dataset dataset = new OcrFormat().open(source)) {
      assertThat(names(dataset)).containsExactly("images/1.png", "images/2.png");
      Label.Lines lines = (Label.Lines) dataset.item(0).label();
      assertThat(lines.picture().width()).isEqualTo(8);
      assertThat(lines.lines()).extracting(Label.Line::text).containsExactly("a \"b\"", "###");
      assertThat(lines.lines()).extracting(Label.Line::isUnreadable).containsExactly(false, true);
      assertThat(((Label.Lines) dataset.item(1).label()).lines()).isEmpty();
    }
    try (Dataset dataset = new OcrLinesFormat().open(source)) {
      assertThat(labels(dataset)).containsExactly(new Label.Text("a \"b\""));
      Image line = ((Content.Picture) dataset.item(0).content()).image();
      assertThat(List.of(line.width(), line.height())).containsExactly(6, 3);
    }
  }

  @Test
  void brokenLinesOfText() throws IOException {
    write("set/1.png", picture(8, 8));
    assertOcrRefused("", "no rows");
    assertOcrRefused("1.png [1]", "line 1: no tabulator behind a path");
    assertOcrRefused("1.png\t[", "line 1: no valid JSON");
    assertOcrRefused("1.png\t[]\n1.png\t[]", "line 2: 1.png (expected: each picture once)");
    assertOcrRefused("2.png\t[]", "has no 2.png (expected: every picture that the labels name)");
    assertOcrRefused("1.png\t{}", "not of PaddleOCR's form (expected: a list of lines)");
    assertOcrRefused("1.png\t[{\"transcription\": \"a\"}]", "expected: transcription and four points");
    assertOcrRefused("1.png\t[{\"points\": [[1]]}]", "expected: points of numbers");
    assertOcrRefused("1.png\t[]", "has no line that can be read");
    assertOcrRefused("1.png\t[{\"transcription\": \"a\", \"points\": [[0, 0], [9e9, 0], [9e9, 1], [0, 1]]}]",
        "points of a: 0.0, 0.0 to 9.0E9, 1.0 (expected: in the picture of 8x8)");
  }

  private void assertOcrRefused(String labels, String message) throws IOException {
    DatasetSource source =
        DatasetSource.of(folder.resolve("set")).withLabels(write("labels.txt", labels));
    assertThatThrownBy(() -> {
      try (Dataset dataset = new OcrLinesFormat().open(source)) {
        dataset.item(0);
      }
    }).isInstanceOf(SlipwayException.class).hasMessageContaining(message);
  }

  @Test
  void brokenCoco() throws IOException {
    write("set/images/1.png", picture(8, 8));
    assertCocoRefused("{", "no valid JSON");
    assertCocoRefused("[]", "not of COCO's form (expected: an object with images, annotations and categories)");
    assertCocoRefused("{}", "not of COCO's form (expected: images, annotations and categories)");
    assertCocoRefused("{\"images\": [3]}", "expected: images as a list of objects");
    assertCocoRefused("{\"images\": [{\"id\": \"x\"}]}", "images[0].id: x (expected: a whole number)");
    assertCocoRefused(COCO.replace("3.5, 4", "3.5"), "annotations[0].bbox: [1.0, 2.0, 3.5] (expected: [x, y, width");
    assertCocoRefused(COCO.replace("3.5, 4", "\"3.5\", 4"), "annotations[0].bbox: [1.0, 2.0, NaN, 4.0]");
    assertCocoRefused(
        COCO.replace("\"category_id\": 44", "\"category_id\": 45"), "annotations[0]: image_id 9, category_id 45");
    assertCocoRefused(COCO.replace("1.png", "4.png").replace("2.png", "5.png"), "has none of the 3 pictures");
  }

  private void assertCocoRefused(String json, String message) throws IOException {
    DatasetSource source = DatasetSource.of(folder.resolve("set")).withLabels(write("broken.json", json));
    assertThatThrownBy(() -> new CocoFormat().open(source))
        .isInstanceOf(SlipwayException.class)
        .hasMessageContaining(message);
  }

  // ---- files of records

  private static byte[] idx(int magic, int count, int height, int width, int... bytes) {
    ByteBuffer buffer = ByteBuffer.allocate((height == 0 ? 8 : 16) + bytes.length).putInt(magic).putInt(count);
    if (height != 0) {
      buffer.putInt(height).putInt(width);
    }
    for (int value : bytes) {
      buffer.put((byte) value);
    }
    return buffer.array();
  }

  @Test
  void idxPicturesWithTheirLabels() throws IOException {
    Path file = gzip("t-images-idx3-ubyte.gz", idx(0x803, 2, 1, 3, 1, 2, 3, 4, 5, 255));
    DatasetSource source = DatasetSource.of(file);
    assertThat(new IdxFormat().accepts(source)).isTrue();
    try (Dataset dataset = new IdxFormat().open(source)) {
      assertThat(labels(dataset)).containsExactly(new Label.None(), new Label.None());
    }
    write("t-labels-idx1-ubyte.gz", idx(0x801, 2, 0, 0, 7, 9));
    try (Dataset dataset = new IdxFormat().open(source)) {
      assertThat(labels(dataset)).containsExactly(new Label.Category(7), new Label.Category(9));
      Image image = ((Content.Picture) dataset.item(1).content()).image();
      assertThat(image.format()).isEqualTo(PixelFormat.GREY);
      assertThat(image.sample(2, 0, 0)).isEqualTo(255);
    }
    write("t-labels-idx1-ubyte.gz", idx(0x801, 3, 0, 0, 7, 9, 1));
    assertThatThrownBy(() -> new IdxFormat().open(source)).hasMessageContaining("3 labels in 11 bytes (expected: 2");
    write("t-labels-idx1-ubyte.gz", "short");
    assertThatThrownBy(() -> new IdxFormat().open(source)).hasMessageContaining("no such IDX file");
  }

  @Test
  void brokenIdx() throws IOException {
    DatasetSource cut = DatasetSource.of(write("cut", idx(0x803, 2, 2, 2, 1, 2, 3)));
    assertThatThrownBy(() -> new IdxFormat().open(cut)).isInstanceOf(SlipwayException.class)
        .hasMessageContaining("19 bytes for 2 pictures of 2x2");
    DatasetSource huge = DatasetSource.of(write("huge", idx(0x803, -1, -1, -1)));
    assertThatThrownBy(() -> new IdxFormat().open(huge)).isInstanceOf(SlipwayException.class);
    DatasetSource torn = DatasetSource.of(write("torn.gz", new byte[] {0x1f, (byte) 0x8b, 8, 0, 0}));
    assertThatThrownBy(() -> new IdxFormat().open(torn)).isInstanceOf(SlipwayException.class)
        .hasMessageContaining("cannot be read");
    assertThat(new IdxFormat().accepts(DatasetSource.of(write("empty", "")))).isFalse();
  }

  @Test
  void cifarPicturesOfBothForms() throws IOException {
    byte[] ten = new byte[2 * 3073];
    ten[3073] = 9;
    ten[3073 + 1] = 11;
    ten[3073 + 1 + 1024] = 12;
    ten[3073 + 1 + 2048] = 13;
    DatasetSource source = DatasetSource.of(gzip("test.bin.gz", ten));
    assertThat(new CifarFormat().accepts(source)).isTrue();
    try (Dataset dataset = new CifarFormat().open(source)) {
      assertThat(labels(dataset)).containsExactly(new Label.Category(0), new Label.Category(9));
      Image image = ((Content.Picture) dataset.item(1).content()).image();
      assertThat(List.of(image.sample(0, 0, 0), image.sample(0, 0, 1), image.sample(0, 0, 2)))
          .containsExactly(11, 12, 13);
    }
    byte[] hundred = new byte[3074];
    hundred[1] = 99;
    try (Dataset dataset = new CifarFormat().open(DatasetSource.of(write("train.bin", hundred)))) {
      assertThat(labels(dataset)).containsExactly(new Label.Category(99));
    }
    DatasetSource cut = DatasetSource.of(write("cut.bin", new byte[100]));
    assertThatThrownBy(() -> new CifarFormat().open(cut)).isInstanceOf(SlipwayException.class)
        .hasMessageContaining("100 bytes (expected: records of 3073");
  }

  // ---- pairs

  @Test
  void pairsOfTextsAndOfTokens() throws IOException {
    Path texts = write("texts.csv", "\"a, b\",\"say \"\"c\"\"\",2.5\r\nd,e,0\n");
    assertThat(new TextPairFormat().accepts(DatasetSource.of(texts))).isTrue();
    try (Dataset dataset = new TextPairFormat().open(DatasetSource.of(texts))) {
      assertThat(dataset.item(0).content()).isEqualTo(new Content.TextPair("a, b", "say \"c\""));
      assertThat(labels(dataset)).containsExactly(new Label.Pair(0, 2.5), new Label.Pair(1, 0));
    }
    Path tokens = write("tokens.csv", "row,gold,ids_a,ids_b\n0,5,101 7 102,101 102\n");
    try (Dataset dataset = new TextPairFormat().open(DatasetSource.of(tokens))) {
      assertThat(dataset.item(0).content())
          .isEqualTo(new Content.TokenPair(new Tokens(List.of(101, 7, 102)), new Tokens(List.of(101, 102))));
    }
  }

  @Test
  void brokenPairs() throws IOException {
    assertPairsRefused("a,b\n", "line 1: 2 values (expected: 3)");
    assertPairsRefused("a,b,high\n", "line 1, column 3: high (expected: a number)");
    assertPairsRefused("a,\"b,1\n", "line 1: a quote that does not end");
    assertPairsRefused("", "no rows");
    assertPairsRefused("gold,ids_a,ids_b\n1,2 x,3\n", "line 2, ids_a: 2 x (expected: ids of tokens");
  }

  private void assertPairsRefused(String text, String message) throws IOException {
    DatasetSource source = DatasetSource.of(write("broken.csv", text));
    assertThatThrownBy(() -> new TextPairFormat().open(source))
        .isInstanceOf(SlipwayException.class)
        .hasMessageContaining(message);
  }

  // ---- parts

  @Test
  void partsOfADataset() throws IOException {
    for (int i = 0; i < 12; i++) {
      write("set/c" + (char) ('a' + i % 4) + "/" + (char) ('a' + i) + ".png", picture(1, 1));
    }
    try (Dataset whole = new PictureFormat().open(DatasetSource.of(folder.resolve("set")))) {
      Selection third = Selection.parse("--select", "every:3");
      assertThat(names(Datasets.keep(whole, third.on(whole)))).hasSize(4).first().isEqualTo("ca/a.png");
      assertThat(Datasets.keep(whole, third.on(whole).negate()).size()).isEqualTo(8);
      Selection odd = Selection.parse("--select", "class:2");
      Dataset even = Datasets.keep(whole, odd.on(whole));
      assertThat(IntStream.range(0, even.size()).map(i -> even.category(i).getAsInt())).containsOnly(0, 2);
      assertThat(names(Datasets.spread(whole, 3))).containsExactly("ca/a.png", "cb/f.png", "cc/k.png");
      assertThat(Datasets.spread(whole, 99).size()).isEqualTo(12);
      assertThatThrownBy(() -> Datasets.spread(whole, 0)).hasMessage("samples: 0 (expected: >= 1)");
      assertThatThrownBy(() -> Datasets.keep(whole, index -> false)).hasMessageContaining("nothing of its 12 items");
    }
    assertThatThrownBy(() -> Selection.parse("--select", "every:0")).isInstanceOf(SlipwayException.class)
        .hasMessageStartingWith("--select: every:0 (expected: every:N");
  }
}
