/** A published figure with its source. */
export interface Published {
  value: string;
  source: string;
}

export const PUBLISHED = {
  arpu: {
    value: '49.1 CNY per month (2019)',
    source: 'China Mobile Ltd., 2019 annual results, 19 March 2020: mobile ARPU',
  },
  dataGb: {
    value: '6.7 GB per month (2019), growing by 90 % per year then',
    source: 'China Mobile Ltd., 2019 annual results, 19 March 2020: handset data traffic per user (DOU)',
  },
  minutes: {
    value: '430 minutes per month (2015), falling by 5 % per year then',
    source: 'China Mobile Ltd., 2015 annual report, key operating data: minutes of use per user (MOU)',
  },
  household: {
    value: '2.62 persons (2020), of all operators together',
    source: 'National Bureau of Statistics of China, Seventh National Population Census, communiqué no. 2, 11 May 2021',
  },
  onePerson: {
    value: '25.39 % of households have one person (2020), of all operators together',
    source: 'National Bureau of Statistics of China, China Population Census Yearbook 2020',
  },
  degree: {
    value: '3.0 people with calls both ways within one network in 18 weeks (4.6 million people, 7.0 million ties)',
    source: 'Onnela et al., Structure and tie strengths in mobile communication networks, PNAS 104 (2007), 7332–7336',
  },
  day: {
    value: 'sleep and rest 9 h 19 min; employed men work 7 h 52 min, women 7 h 24 min a working day; 61 min on the way',
    source: 'National Bureau of Statistics of China, communiqué on the 2018 National Time Use Survey, 25 January 2019',
  },
} as const satisfies Record<string, Published>;
