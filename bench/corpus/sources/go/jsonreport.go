package main

import (
	"encoding/json"
	"fmt"
	"log"
	"os"
	"sort"
	"strings"
)

type Reading struct {
	City        string  `json:"city"`
	Month       int     `json:"month"`
	Temperature float64 `json:"temperature"`
	Note        string  `json:"note,omitempty"`
}

const raw = `[
 {"city": "Oslo", "month": 1, "temperature": -4.3, "note": "snow"}, {"city": "Oslo", "month": 7, "temperature": 17.7},
 {"city": "Rome", "month": 1, "temperature": 7.5}, {"city": "Rome", "month": 7, "temperature": 25.6}]`

func main() {
	log.SetFlags(0)
	var readings []Reading
	if err := json.Unmarshal([]byte(raw), &readings); err != nil {
		log.Fatal(err)
	}
	byCity := map[string][]float64{}
	for _, reading := range readings {
		byCity[reading.City] = append(byCity[reading.City], reading.Temperature)
	}
	cities := make([]string, 0, len(byCity))
	for city := range byCity {
		cities = append(cities, city)
	}
	sort.Strings(cities)
	for _, city := range cities {
		sum := 0.0
		for _, temperature := range byCity[city] {
			sum += temperature
		}
		fmt.Printf("%s %.2f\n", strings.ToUpper(city), sum/float64(len(byCity[city])))
	}
	encoder := json.NewEncoder(os.Stdout)
	encoder.SetIndent("", "  ")
	if err := encoder.Encode(readings[:2]); err != nil {
		log.Fatal(err)
	}
	fmt.Println(json.Unmarshal([]byte(`{"city": 5}`), &Reading{}))
}
