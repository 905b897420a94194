package config

import (
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"
)

// Range bounds a number; nil leaves a side open. In a list it bounds every value.
type Range struct {
	Min   *float64 `json:"min,omitempty"`   // the least
	Above *float64 `json:"above,omitempty"` // in place of Min: the value must be above it
	Max   *float64 `json:"max,omitempty"`   // the largest
	Below *float64 `json:"below,omitempty"` // in place of Max: the value must be below it
}

// rule is what a setting must be, beside a value of its type. Tags of its field say it:
//
//	choices:"a,b"         one of these texts
//	min:"0" above:"0"     a number of at least, or above, this
//	max:"1" below:"1"     a number of at most, or below, this
//	path:"working"        a path from the working folder on, in which ~ is the home of the user
//	path:"home"           a path from another folder on, in which ~ is the home, too
//
// Choices that are known when the program runs come from a method of the section (chooser).
type rule struct {
	choices []string
	home    bool // the value is a path
	working bool // from the working folder on
	Range
}

// chooser is a section with settings whose choices no tag can list: by name, what they may be.
type chooser interface{ Choices() map[string][]string }

// ruleOf reads the tags of a field. Tags that do not fit its type are our own bug: they panic.
func ruleOf(field reflect.StructField) rule {
	var r rule
	if text := field.Tag.Get("choices"); text != "" {
		r.choices = strings.Split(text, ",")
	}
	path := field.Tag.Get("path")
	r.home, r.working = path != "", path == "working"
	bounds := 0
	for name, at := range map[string]**float64{
		"min": &r.Min, "above": &r.Above, "max": &r.Max, "below": &r.Below,
	} {
		text, ok := field.Tag.Lookup(name)
		if !ok {
			continue
		}
		v, err := strconv.ParseFloat(text, 64)
		if err != nil {
			panic(fmt.Sprintf("config: field %s: %s: %v", field.Name, name, err))
		}
		*at = &v
		bounds++
	}
	typ := field.Type
	if typ.Kind() == reflect.Slice || typ.Kind() == reflect.Array {
		typ = typ.Elem()
	}
	number := typ.Kind() >= reflect.Int && typ.Kind() <= reflect.Float64
	text := typ.Kind() == reflect.String
	if (r.choices != nil || r.home) && !text || bounds > 0 && !number ||
		r.Min != nil && r.Above != nil || r.Max != nil && r.Below != nil {
		panic(fmt.Sprintf("config: field %s: its tags do not fit %v", field.Name, field.Type))
	}
	return r
}

// broken says what is wrong with a value, "" if nothing is.
func (r rule) broken(v reflect.Value) string {
	switch {
	case v.Kind() == reflect.Slice, v.Kind() == reflect.Array:
		for i := range v.Len() {
			if problem := r.broken(v.Index(i)); problem != "" {
				return fmt.Sprintf("value %d: %s", i+1, problem)
			}
		}
	case v.Kind() == reflect.String:
		if r.choices != nil && !slices.Contains(r.choices, v.String()) {
			return fmt.Sprintf("%q is not one of %s", v.String(), strings.Join(r.choices, ", "))
		}
	case v.CanInt() || v.CanUint() || v.CanFloat():
		x := v.Convert(reflect.TypeFor[float64]()).Float()
		if !r.holds(x) {
			return fmt.Sprintf("%v must be %s", v.Interface(), r.text())
		}
	}
	return ""
}

// holds reports whether x lies within the range. NaN lies in none that has a bound.
func (r Range) holds(x float64) bool {
	return (r.Min == nil || x >= *r.Min) && (r.Above == nil || x > *r.Above) &&
		(r.Max == nil || x <= *r.Max) && (r.Below == nil || x < *r.Below)
}

// text goes on after "must be": "between 0 and 1"; "" where there are no bounds.
func (r Range) text() string {
	if r.Min != nil && r.Max != nil {
		return "between " + decimal(*r.Min) + " and " + decimal(*r.Max)
	}
	var sides []string
	for _, side := range []struct {
		what  string
		bound *float64
	}{{"at least ", r.Min}, {"above ", r.Above}, {"at most ", r.Max}, {"below ", r.Below}} {
		if side.bound != nil {
			sides = append(sides, side.what+decimal(*side.bound))
		}
	}
	return strings.Join(sides, " and ")
}

// Unknown is what a switch over choices panics with: loading has refused what a tag does not list.
func Unknown[S ~string](choice S) string {
	return fmt.Sprintf("config: no %T is called %q", choice, string(choice))
}

func decimal(f float64) string { return strconv.FormatFloat(f, 'f', -1, 64) }
