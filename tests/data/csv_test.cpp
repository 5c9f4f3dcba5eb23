#include "framework/data/csv.h"

#include <gtest/gtest.h>

#include <cmath>

#include "tests/data/files.h"

namespace loglik {
namespace {

class Csv : public testing::Test {
 protected:
  Table read(std::string_view text, const CsvOptions& options = {}) { return read_csv(folder.write("t.csv", text), options); }
  std::string error(std::string_view text) {
    return folder.error([&] { read(text); });
  }
  test::Folder folder;
};

TEST_F(Csv, ReadsNumbersUnderNames) {
  const Table table = read("mass,year\n3750,2007\n-1.5e2,+2008\n.25,0\n");
  EXPECT_EQ(table.columns, (std::vector<std::string>{"mass", "year"}));
  EXPECT_TRUE(table.values.same_bits(Tensor::from(std::vector{3750.0, 2007.0, -150.0, 2008.0, 0.25, 0.0}, {3, 2})));
  EXPECT_TRUE(table.column("year").same_bits(Tensor::from(std::vector{2007.0, 2008.0, 0.0})));
  EXPECT_TRUE(table.columns_of({"year", "mass", "year"})
                  .same_bits(Tensor::from(std::vector{2007.0, 3750.0, 2007.0, 2008.0, -150.0, 2008.0, 0.0, 0.25, 0.0}, {3, 3})));
  EXPECT_TRUE(read("x\n0.1\n").values.same_bits(Tensor::from(std::vector{0.1}, {1, 1})));  // the nearest float64, as in C++
}

TEST_F(Csv, TakesWhatSpreadsheetsWrite) {
  const Tensor expected = Tensor::from(std::vector{1.0, 2.0, 3.0, 4.0}, {2, 2});
  for (const char* text : {"a,b\n1,2\n3,4", "a,b\r\n1,2\r\n3,4\r\n\r\n", " a ,\tb\n 1, 2 \n3 ,4\n  \n\n",
                           "\xEF\xBB\xBF"
                           "a,b\n1,2\n3,4\n",
                           "\"a\",\"b\"\n\"1\", \" 2\" \n3,4\n"}) {
    const Table table = read(text);
    EXPECT_EQ(table.columns, (std::vector<std::string>{"a", "b"})) << text;
    EXPECT_TRUE(table.values.same_bits(expected)) << text;
  }
  EXPECT_EQ(read("\"mass, \"\"dry\"\"\",b\n1,2\n").columns[0], "mass, \"dry\"");
}

TEST_F(Csv, MayHaveNoRows) {
  for (const char* text : {"a,b,c", "a,b,c\n", "a,b,c\n\n"}) {
    const Table table = read(text);
    EXPECT_EQ(table.values.extents(), (Extents{0, 3})) << text;
    EXPECT_EQ(table.column("b").extents(), (Extents{0})) << text;
  }
}

TEST_F(Csv, TakesNonFiniteNumbersOnlyIfAllowed) {
  EXPECT_EQ(error("a\n1\ninf\n"), "t.csv line 3, column \"a\": \"inf\" is not a finite number");
  EXPECT_EQ(error("a\nnan\n"), "t.csv line 2, column \"a\": \"nan\" is not a finite number");
  const Tensor values = read("a\ninf\n-inf\nnan\n", {.allow_non_finite = true}).values;
  EXPECT_EQ(values.at(0), INFINITY);
  EXPECT_EQ(values.at(1), -INFINITY);
  EXPECT_TRUE(std::isnan(values.at(2)));
}

TEST_F(Csv, RefusesWhatIsNoNumber) {
  EXPECT_EQ(error("mass,sex\n3750,1\n3800,male\n"), "t.csv line 3, column \"sex\": \"male\" is not a number");
  EXPECT_EQ(error("a,b\n1,\n"), "t.csv line 2, column \"b\": the field is empty");
  EXPECT_EQ(error("a,b\n1,2\n\n3,4\n"), "t.csv line 3, column \"a\": the field is empty");
  EXPECT_EQ(error("a\n1.5 2\n"), "t.csv line 2, column \"a\": \"1.5 2\" is not a number");
  EXPECT_EQ(error("a\n+-1\n"), "t.csv line 2, column \"a\": \"+-1\" is not a number");
  EXPECT_EQ(error("a\n0x10\n"), "t.csv line 2, column \"a\": \"0x10\" is not a number");
  EXPECT_EQ(error("a\n1e999\n"), "t.csv line 2, column \"a\": \"1e999\" is outside the range of float64");
  EXPECT_EQ(error(std::string_view("a\n1\0\x1b\n", 6)), "t.csv line 2, column \"a\": \"1\\x00\\x1b\" is not a number");
  EXPECT_EQ(error("a\n" + std::string(50, '-')), "t.csv line 2, column \"a\": \"" + std::string(40, '-') + "…\" is not a number");
}

TEST_F(Csv, RefusesRaggedRows) {
  EXPECT_EQ(error("a,b\n1,2\n3\n"), "t.csv line 3: 1 field, the first line names 2");
  EXPECT_EQ(error("a,b\n1,2,3\n"), "t.csv line 2: 3 fields, the first line names 2");
  // Many names and many lines: refused before memory is taken for names × lines numbers, here 3·10¹² bytes.
  std::string names = "c0";
  for (int i = 1; i < 600'000; ++i) names += ",c" + std::to_string(i);
  std::string lines;
  for (int i = 0; i < 600'000; ++i) lines += "1\n";
  EXPECT_EQ(error(names + "\n" + lines), "t.csv line 2: 1 field, the first line names 600000");
}

TEST_F(Csv, RefusesBadNames) {
  EXPECT_EQ(error(""), "t.csv is empty: its first line should name the columns");
  EXPECT_EQ(error("\n \r\n"), "t.csv is empty: its first line should name the columns");
  EXPECT_EQ(error("a,,c\n1,2,3\n"), "t.csv line 1: column 2 has no name");
  EXPECT_EQ(error("a,b,a\n1,2,3\n"), "t.csv line 1: two columns are named \"a\"");
  EXPECT_EQ(error("\"a,b\n1,2\n"), "t.csv line 1: the quote of \"\"a,b\" is not closed on its line");
  EXPECT_EQ(error("\"a\"b,c\n1,2\n"), "t.csv line 1: \"b\" follows a closing quote, where a comma would be right");
  EXPECT_EQ(folder.error([&] { read_csv(folder.path("absent.csv")); }), "absent.csv can't be read: No such file or directory");
}

TEST_F(Csv, SuggestsTheNearestName) {
  const Table table = read("bill_length_mm,bill_depth_mm,sex\n1,2,0\n");
  const auto message = [](auto action) -> std::string {
    try {
      action();
    } catch (const NameError& error) {
      return error.what();
    }
    return "no NameError";
  };
  EXPECT_EQ(message([&] { table.column("bil_depth_mm"); }), "column \"bil_depth_mm\" is unknown; did you mean \"bill_depth_mm\"?");
  EXPECT_EQ(message([&] { table.columns_of({"sex", "Sex"}); }), "column \"Sex\" is unknown; did you mean \"sex\"?");
  EXPECT_EQ(message([&] { table.column("price"); }), "column \"price\" is unknown; known are: bill_length_mm, bill_depth_mm, sex");
}
}  // namespace
}  // namespace loglik
